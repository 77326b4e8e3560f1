package main

import (
	"os"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"sealring": main})
}

// The scripts in testdata run the command as its users do.
func TestScripts(t *testing.T) {
	if _, err := os.Stat("testdata/script"); err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{Dir: "testdata/script"})
}
