// Package interop holds the project against the real libraries: itsdangerous, Flask, Django, Starlette and
// gorilla/securecookie. It consists of tests, in a module of its own because of what they need.
package interop

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/flask"
)

// python returns an interpreter with the pinned libraries, which `make interop-ready` installs: a test that cannot run is a
// failure, not a success.
func python(t testing.TB, venv string) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", venv, "bin", "python"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("missing: %s with the libraries of interop/requirements.txt; make interop-ready", venv)
	}
	return path
}

// sealringPackage is the variable by which Python finds the package of this repository.
func sealringPackage(t testing.TB) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "python", "src"))
	if err != nil {
		t.Fatal(err)
	}
	return "PYTHONPATH=" + path
}

const (
	venv         = ".venv"          // everything, with Django 5.2
	venvDjango42 = ".venv-django42" // Django 4.2
)

// A peer is one long-lived Python process.
type peer struct {
	in  io.WriteCloser
	out *bufio.Reader
}

func startPeer(t testing.TB, venv string) *peer {
	t.Helper()
	return startProcess(t, venv, "testdata/peer.py")
}

func startProcess(t testing.TB, venv, script string, env ...string) *peer {
	t.Helper()
	cmd := exec.Command(python(t, venv), script)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil {
			t.Errorf("the peer ended with %v", err)
		}
	})
	return &peer{in, bufio.NewReader(out)}
}

// A request is what peer.py takes; see there.
type request struct {
	Op            string   `json:"op"`
	Kind          string   `json:"kind"`
	Keys          []string `json:"keys"` // oldest first
	Salt          string   `json:"salt"`
	Sep           string   `json:"sep,omitempty"`
	KeyDerivation string   `json:"key_derivation,omitempty"`
	Digest        string   `json:"digest,omitempty"`
	Name          string   `json:"name,omitempty"`
	Compress      bool     `json:"compress,omitempty"`
	Value         any      `json:"value"`
	Token         string   `json:"token,omitempty"`
	Calls         int      `json:"calls,omitempty"`
}

// ask returns the peer's answer; result is what its "ok" is decoded into.
func (p *peer) ask(r request, result any) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	if _, err := p.in.Write(append(line, '\n')); err != nil {
		return err
	}
	if line, err = p.out.ReadBytes('\n'); err != nil {
		return err
	}
	var answer struct {
		OK          json.RawMessage
		Error, Text string
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return err
	}
	if answer.Error != "" {
		return fmt.Errorf("%s: %s", answer.Error, answer.Text)
	}
	return json.Unmarshal(answer.OK, result)
}

// A wire is a value that JSON does not have, on its way to and from the peer.
type wire struct {
	Type  string `json:"!"`
	Value any    `json:"v"`
}

// toWire returns a value as the peer has it: numbers with their type, times in seconds, objects with their keys sorted, so
// that two values are equal if their wires are the same JSON.
func toWire(value any) any {
	switch v := value.(type) {
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") {
			f, err := strconv.ParseFloat(string(v), 64)
			if err != nil {
				panic(err)
			}
			return wire{"float", strconv.FormatFloat(f, 'g', -1, 64)}
		}
		return wire{"int", string(v)}
	case []any:
		return toWires(v)
	case flask.Tuple:
		return wire{"tuple", toWires(v)}
	case []byte:
		return wire{"bytes", base64.StdEncoding.EncodeToString(v)}
	case flask.Markup:
		return wire{"markup", string(v)}
	case flask.UUID:
		return wire{"uuid", v.String()}
	case time.Time:
		return wire{"datetime", strconv.FormatInt(v.Unix(), 10)}
	case map[string]any:
		pairs := [][2]any{}
		for key, member := range v {
			pairs = append(pairs, [2]any{key, toWire(member)})
		}
		slices.SortFunc(pairs, func(a, b [2]any) int { return strings.Compare(a[0].(string), b[0].(string)) })
		return wire{"dict", pairs}
	}
	return value
}

func toWires(values []any) []any {
	wires := []any{}
	for _, v := range values {
		wires = append(wires, toWire(v))
	}
	return wires
}

// fromWire returns the value of a wire that came as JSON.
func fromWire(value any) any {
	switch v := value.(type) {
	case []any:
		values := []any{}
		for _, element := range v {
			values = append(values, fromWire(element))
		}
		return values
	case map[string]any:
		switch v["!"] {
		case "int", "float":
			return json.Number(v["v"].(string))
		case "tuple":
			return flask.Tuple(fromWire(v["v"]).([]any))
		case "bytes":
			b, err := base64.StdEncoding.DecodeString(v["v"].(string))
			if err != nil {
				panic(err)
			}
			return b
		case "markup":
			return flask.Markup(v["v"].(string))
		case "uuid":
			b := []byte(nil)
			if _, err := fmt.Sscanf(strings.ReplaceAll(v["v"].(string), "-", ""), "%x", &b); err != nil {
				panic(err)
			}
			return flask.UUID(b)
		case "datetime":
			n, err := strconv.ParseInt(v["v"].(string), 10, 64)
			if err != nil {
				panic(err)
			}
			return time.Unix(n, 0).UTC()
		case "dict":
			members := map[string]any{}
			for _, pair := range v["v"].([]any) {
				members[pair.([]any)[0].(string)] = fromWire(pair.([]any)[1])
			}
			return members
		}
		panic(fmt.Sprint("no type of value: ", v["!"]))
	}
	return value
}

// text is a value as JSON of its wire, for comparing and printing.
func text(value any) string {
	b, err := json.Marshal(toWire(value))
	if err != nil {
		panic(err)
	}
	return string(b)
}
