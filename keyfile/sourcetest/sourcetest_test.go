package sourcetest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/sealring/sealring/keyfile/sourcetest"
)

// A memory is a source that has every fault of faults that it is told.
type memory struct {
	mu    sync.Mutex
	text  []byte
	err   error
	stall chan struct{} // nil where it is not stalled
	fault string
	first []byte
	calls int
}

func (m *memory) Generated() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	return m.fault != "generated changes" || m.calls%2 == 0
}

func (m *memory) Load(ctx context.Context) ([]byte, error) {
	m.mu.Lock()
	text, err, stall := m.text, m.err, m.stall
	if m.first == nil {
		m.first = text
	}
	first := m.first
	m.mu.Unlock()

	if m.fault == "ignores its context" {
		ctx = context.Background()
	}
	if stall != nil {
		select {
		case <-stall:
		case <-ctx.Done():
		}
	}
	switch {
	case ctx.Err() != nil && m.fault == "error of its own":
		return nil, errors.New("too late")
	case ctx.Err() != nil:
		return nil, fmt.Errorf("memory: %w", ctx.Err())
	case err != nil && m.fault == "keeps what it had":
		return first, nil
	case err != nil && m.fault == "text beside an error":
		return text, err
	case err != nil && m.fault == "secret in an error":
		return nil, fmt.Errorf("%w, not %s", err, text)
	case err != nil:
		return nil, err
	case m.fault == "caches":
		return bytes.Clone(first), nil
	case m.fault == "shares its slice":
		return text, nil
	case m.fault == "reads without end":
		return bytes.Clone(text), nil
	case m.fault == "mends":
		var first json.RawMessage // and nothing of what comes after it
		if json.NewDecoder(bytes.NewReader(text)).Decode(&first) == nil {
			return first, nil
		}
	}
	return bytes.Clone(text[:min(len(text), 1<<20+1)]), nil
}

func (m *memory) harness() sourcetest.Harness {
	set := func(text []byte, err error) {
		m.mu.Lock()
		defer m.mu.Unlock()
		if text != nil {
			m.text = bytes.Clone(text)
		}
		m.err = err
	}
	return sourcetest.Harness{
		Source:  m,
		Publish: func(text []byte) { set(text, nil) },
		Remove:  func() { set(nil, errors.New("not there")) },
		Deny:    func() { set(nil, errors.New("not for you")) },
		Break:   func() { set(nil, errors.New("out of order")) },
		Stall: func() func() {
			stall := make(chan struct{})
			m.mu.Lock()
			defer m.mu.Unlock()
			m.stall = stall
			return func() {
				m.mu.Lock()
				defer m.mu.Unlock()
				m.stall = nil
				close(stall)
			}
		},
	}
}

// faultVariable makes this test run with a fault, in a process of its own, as it is to fail.
const faultVariable = "SEALRING_SOURCETEST_FAULT"

func TestMemory(t *testing.T) {
	m := &memory{fault: os.Getenv(faultVariable)}
	sourcetest.Run(t, m.harness())
}

// A suite that finds no fault is none.
func TestRunFindsFaults(t *testing.T) {
	if os.Getenv(faultVariable) != "" {
		t.Skip("this is a source with a fault")
	}
	for fault, test := range map[string]string{
		"generated changes":    "load",
		"caches":               "load",
		"shares its slice":     "slices",
		"mends":                "bad_texts",
		"reads without end":    "huge",
		"keeps what it had":    "not_there",
		"text beside an error": "not_there",
		"secret in an error":   "permission_denied",
		"error of its own":     "context",
		"ignores its context":  "stall",
	} {
		t.Run(fault, func(t *testing.T) {
			if testing.Short() && fault == "ignores its context" {
				t.Skip("takes 10 s")
			}
			t.Parallel()
			c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestMemory$/^"+test+"$")
			c.Env = append(os.Environ(), faultVariable+"="+fault)
			out, err := c.CombinedOutput()
			if _, ok := errors.AsType[*exec.ExitError](err); !ok || !strings.Contains(string(out), "--- FAIL: TestMemory/"+test) {
				t.Errorf("the suite does not find it: %v\n%s", err, out)
			}
		})
	}
}
