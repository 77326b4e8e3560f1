package main

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/sealring/sealring"
)

// The script checks what it times, and times it as timeit does, the best of five, which a median of ours is held against:
// what noise there is favours Python.
//
//go:embed time_itsdangerous.py
var itsdangerousScript string

// pythonTimes are nanoseconds that a call takes in Python, and how long its tokens are.
type pythonTimes struct {
	Version                    string
	Sign, Unsign, Dumps, Loads float64
	Signed, Token              int
}

func timeItsdangerous(python string, body []byte, session any) (*pythonTimes, error) {
	asked, err := json.Marshal(map[string]any{"body": string(body), "session": session, "max_age": int(peerTTL.Seconds())})
	if err != nil {
		return nil, err
	}
	command := exec.Command(python, "-I", "-c", itsdangerousScript)
	command.Stdin, command.Stderr = bytes.NewReader(asked), os.Stderr
	out, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("itsdangerous: %w", err)
	}
	times := new(pythonTimes)
	return times, json.Unmarshal(out, times)
}

// errNoPython says how to get what the rows of itsdangerous need.
var errNoPython = errors.New("no Python with itsdangerous; make .venv/ready makes one, and -python says where it is")

func findPython(python string) error {
	if exec.Command(python, "-I", "-c", "import itsdangerous").Run() != nil {
		return errNoPython
	}
	return nil
}

// itsdangerousGroup is Python's itsdangerous beside ours: TimestampSigner at the layer of bytes, URLSafeTimedSerializer
// with the session. Python measures itself, before we do: the two are not paired.
func itsdangerousGroup(python string) (*group, error) {
	f, err := newFixture(peerSize)
	if err != nil {
		return nil, err
	}
	times, err := timeItsdangerous(python, f.body, sampleSession)
	if err != nil {
		return nil, err
	}
	g := &group{python: times.Version}
	f.addSealer(g, "seal text signed", f.signing.AppendSeal, openText(f.signing))
	f.addOpener(g, "open text signed", f.signing, f.token)
	codec, err := sealring.NewCodec[session](f.ring, purpose, &sealring.Options{TTL: peerTTL})
	if err != nil {
		return nil, err
	}
	if err := addPeer(g, peer[session, string]{name: "json", seal: codec.Seal, open: codec.Open},
		func() session { return sampleSession }); err != nil {
		return nil, err
	}
	const note = "in Python, best of five; no key ID, HMAC-SHA1"
	bodySize := len(sampleJSON())
	for _, r := range []struct {
		name, ours  string
		size, token int
		ns          float64
	}{
		{"seal itsdangerous", "seal text signed", len(f.body), times.Signed, times.Sign},
		{"open itsdangerous", "open text signed", len(f.body), 0, times.Unsign},
		{"seal itsdangerous-json", "seal json", bodySize, times.Token, times.Dumps},
		{"open itsdangerous-json", "open json", bodySize, 0, times.Loads},
	} {
		g.known = append(g.known, measuredCandidate{Name: r.name, NsPerCall: r.ns, Allocations: -1, Bytes: -1,
			TokenBytes: r.token, Note: note})
		op, ours := r.name[:4], r.ours[5:]
		g.rows = append(g.rows, row{
			name: fmt.Sprintf("%s-%s/%s", op, r.name[5:], dashed(ours)), size: r.size, note: note, of: []string{r.ours},
			value: func(ns []float64) float64 { return r.ns / ns[0] },
		})
	}
	return g, nil
}
