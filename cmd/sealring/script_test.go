package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sealring": main, "sealring-at": mainAt})
}

// mainAt is the command at the time that is its first argument, as in: sealring-at 2026-01-01T00:00:00Z open …
func mainAt() {
	now, err := time.Parse(time.RFC3339, os.Args[1])
	if err != nil {
		panic(err)
	}
	env := &environment{stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, getenv: os.Getenv,
		now: func() time.Time { return now }}
	os.Exit(run(env, os.Args[2:]))
}

// The scripts in testdata run the command as its users do.
func TestScripts(t *testing.T) {
	vectors, err := filepath.Abs("../../vectors")
	if err != nil {
		t.Fatal(err)
	}
	if scripts, err := filepath.Glob("testdata/script/*.txtar"); err != nil || len(scripts) < 16 {
		t.Fatalf("%d scripts, %v", len(scripts), err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("VECTORS", vectors)
			// Under the race detector each process would wait for a second before it exits.
			env.Setenv("GORACE", "atexit_sleep_ms=0")
			// Files of a script are readable by everybody as it begins, rings must not be.
			return chmodRings(env.WorkDir)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits, "size": size},
	})
}

func chmodRings(folder string) error {
	rings, err := filepath.Glob(filepath.Join(folder, "ring*.json"))
	for _, ring := range rings {
		err = errors.Join(err, os.Chmod(ring, 0o600))
	}
	return err
}

// exits runs a program that must end with an exit code, as in: exits 11 sealring open …
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM ARGUMENT…")
	}
	code := exitOK
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// size checks how many bytes a file has, as in: size 104 FILE
func size(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: size BYTES FILE")
	}
	if got := fmt.Sprint(len(ts.ReadFile(args[1]))); got != args[0] {
		ts.Fatalf("%s has %s bytes, want %s", args[1], got, args[0])
	}
}
