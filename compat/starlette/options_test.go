package starlette_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/compat/starlette"
)

func TestConfiguration(t *testing.T) {
	negative := -time.Second
	for what, c := range map[string]struct {
		keys    []string
		options *starlette.Options
	}{
		"no keys":            {nil, nil},
		"an empty key":       {[]string{""}, nil},
		"an empty older key": {[]string{"", knownKey}, nil},
		"negative age":       {[]string{knownKey}, &starlette.Options{MaxAge: -1}},
		"an age and any":     {[]string{knownKey}, &starlette.Options{MaxAge: time.Hour, AnyAge: true}},
		"negative limit":     {[]string{knownKey}, &starlette.Options{MaxDecoded: -1}},
		"limit over 1 GiB":   {[]string{knownKey}, &starlette.Options{MaxDecoded: 1<<30 + 1}},
		"negative leeway":    {[]string{knownKey}, &starlette.Options{Leeway: &negative}},
	} {
		_, err := starlette.NewSessions[map[string]any](c.keys, c.options)
		failsWith(t, err, itsdangerous.ErrConfig)
		if !errors.Is(err, sealring.ErrConfig) || errors.Is(err, itsdangerous.ErrBadData) {
			t.Errorf("%s: %v", what, err)
		}
	}
	for _, o := range []*starlette.Options{nil, {}, {AnyAge: true}, {MaxDecoded: 1 << 30, MaxAge: 1<<63 - 1}} {
		if _, err := starlette.NewSessions[map[string]any]([]string{knownKey}, o); err != nil {
			t.Error(err)
		}
	}
	_, err := starlette.NewSessions[func()]([]string{knownKey}, nil)
	failsWith(t, err, itsdangerous.ErrConfig)
}

// The caller's keys and options are neither kept nor changed.
func TestArgumentsStayTheCallers(t *testing.T) {
	keys, leeway := []string{olderKey, knownKey}, time.Hour
	o := &starlette.Options{Leeway: &leeway, Now: clockAt(knownTime.Add(-time.Minute))}
	s, err := starlette.NewSessions[map[string]any](keys, o)
	if err != nil {
		t.Fatal(err)
	}
	if o.MaxAge != 0 || o.MaxDecoded != 0 || keys[0] != olderKey {
		t.Error("changed")
	}
	keys[1], leeway, o.MaxAge = "x", 0, 1
	if _, _, err := s.Loads(knownToken); err != nil {
		t.Error(err)
	}
}

func TestNothingPrintsAKey(t *testing.T) {
	s, err := starlette.NewSessions[map[string]any]([]string{olderKey, knownKey}, nil)
	if err != nil {
		t.Fatal(err)
	}
	holdsNone := func(what, output string) {
		t.Helper()
		for _, form := range []string{knownKey, olderKey, fmt.Sprintf("%x", knownKey), strings.Trim(fmt.Sprint([]byte(knownKey)), "[]")} {
			if strings.Contains(output, form) {
				t.Errorf("%s shows a key", what)
			}
		}
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%20v"} {
		if got := fmt.Sprintf(verb, s); got != "starlette.Sessions" {
			t.Errorf("prints %q", got)
		}
		holdsNone("a struct", fmt.Sprintf(verb, struct{ held any }{s}))
		holdsNone("a value", fmt.Sprintf(verb, *s))
	}
	encoded, _ := json.Marshal(map[string]any{"held": s})
	holdsNone("JSON", string(encoded))
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "held", s)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "held", s)
	holdsNone("slog", log.String())
}

// Under GODEBUG=fips140=only, where SHA-1 may not be used, this says so, and nothing panics. The mode is for a whole
// process, so the test runs itself in one.
func TestFIPS140Only(t *testing.T) {
	if os.Getenv("SEALRING_TEST_FIPS") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFIPS140Only$", "-test.v", "-test.count=1")
		cmd.Env = append(os.Environ(), "GODEBUG=fips140=only", "SEALRING_TEST_FIPS=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestFIPS140Only") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	_, err := starlette.NewSessions[map[string]any]([]string{knownKey}, nil)
	failsWith(t, err, itsdangerous.ErrConfig)
	if err == nil || !strings.Contains(err.Error(), "fips140") {
		t.Errorf("the error does not tell why: %v", err)
	}
}
