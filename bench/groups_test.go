package main

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
)

const venvPython = "../.venv/bin/python"

// TestCandidates makes every group and checks every candidate, ours and the peers', as is done before any is timed; and
// ours allocate nothing.
func TestCandidates(t *testing.T) {
	python := venvPython
	if err := findPython(python); err != nil {
		t.Logf("without itsdangerous: %v", err)
		python = ""
	}
	for _, ng := range groups(python) {
		t.Run(ng.name, func(t *testing.T) {
			g, err := ng.make()
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, c := range g.candidates {
				if slices.Contains(names, c.Name) {
					t.Errorf("two are named %s", c.Name)
				}
				names = append(names, c.Name)
				if err := c.Check(); err != nil {
					t.Errorf("%s: %v", c.Name, err)
				}
				c.Run(1)
				if !raceDetector && ours(ng.name, c.Name) {
					if allocations := testing.AllocsPerRun(20, func() { c.Run(1) }); allocations != 0 {
						t.Errorf("%s: %v allocations", c.Name, allocations)
					}
				}
			}
			for _, r := range g.rows {
				for _, name := range r.of {
					if !slices.Contains(names, name) {
						t.Errorf("%s is of %s, which is not there", r.name, name)
					}
				}
			}
			for _, s := range g.series {
				for _, p := range s.points {
					if !slices.Contains(names, p.candidate) {
						t.Errorf("%s goes through %s, which is not there", s.name, p.candidate)
					}
				}
			}
		})
	}
}

// ours is whether a candidate is our layer of bytes, in its normal sizes, which allocates nothing.
func ours(group, name string) bool {
	switch {
	case group == "reject" || group == "keyring" || group == "growth-keys":
		return true
	case !strings.HasPrefix(group, "envelope") && !strings.HasPrefix(group, "peers-"):
		return false
	}
	_, kind, _ := strings.Cut(name, " ")
	return strings.HasPrefix(kind, "text ") || strings.HasPrefix(kind, "binary ")
}

// TestCheck is that a peer which does not protect, or does not give back, what it is given is found out.
func TestCheck(t *testing.T) {
	body := cloned([]byte("some bytes"))
	right := peer[[]byte, []byte]{
		seal: func(b []byte) ([]byte, error) { return append(slices.Clone(b), b...), nil },
		open: func(token []byte) ([]byte, error) {
			half := len(token) / 2
			if !slices.Equal(token[:half], token[half:]) {
				return nil, errors.New("refused")
			}
			return token[:half], nil
		},
	}
	if err := right.check(body); err != nil {
		t.Errorf("right: %v", err)
	}
	open := peer[[]byte, []byte]{seal: right.seal, open: func(token []byte) ([]byte, error) { return token[:len(token)/2], nil }}
	if err := open.check(body); err == nil {
		t.Error("what opens everything passes")
	}
	open.unprotected = true
	if err := open.check(body); err != nil {
		t.Errorf("what does not protect and says so: %v", err)
	}
	wrong := peer[[]byte, []byte]{seal: right.seal, open: func([]byte) ([]byte, error) { return []byte("other"), nil }}
	if err := wrong.check(body); err == nil {
		t.Error("what gives back something else passes")
	}
	broken := errors.New("broken")
	failing := peer[[]byte, string]{seal: func([]byte) (string, error) { return "", broken }}
	if err := failing.check(body); !errors.Is(err, broken) {
		t.Errorf("what cannot seal: %v", err)
	}
	if err := addPeer(new(group), failing, body); !errors.Is(err, broken) {
		t.Errorf("what cannot seal is added: %v", err)
	}
}

func TestWithoutPython(t *testing.T) {
	if err := findPython("no/such/python"); !errors.Is(err, errNoPython) {
		t.Errorf("error %v", err)
	}
	for _, g := range groups("") {
		if g.name == "peers-python" {
			t.Error("its group is there")
		}
	}
	if _, err := timeItsdangerous("no/such/python", nil, nil); err == nil {
		t.Error("it was timed")
	}
}

// TestReported is that the report knows the versions of all that it names.
func TestReported(t *testing.T) {
	b, err := os.ReadFile("go.mod")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range reported {
		if !strings.Contains(string(b), "\t"+path+" v") {
			t.Errorf("%s is not in go.mod", path)
		}
	}
	if strings.Contains(string(b), "replace") {
		t.Error("go.mod replaces; go.work alone may do that")
	}
}
