package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// What is no vector file is not read to its end, which it may not have.
func TestVectorsAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vectors.json")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path, 4*maxVectors); err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	exit := world{}.run("vectors", "check", path).exit
	runtime.ReadMemStats(&after)
	// Buffers grow, so several add up to more than what is read.
	if spent := after.TotalAlloc - before.TotalAlloc; exit != exitFailure || spent > 8*maxVectors {
		t.Errorf("exit %d, %d bytes allocated", exit, spent)
	}
}
