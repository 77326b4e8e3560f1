package redisstore_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The README is short, and its program is one, with what a program has around it.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(readme), "\n"); n > 60 {
		t.Errorf("%d lines", n)
	}
	_, rest, _ := strings.Cut(string(readme), "```go\n")
	program, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("no program")
	}
	body := "\t" + strings.ReplaceAll(strings.TrimSpace(program), "\n", "\n\t")
	path := filepath.Join(t.TempDir(), "main.go")
	text := `package main

import (
	"crypto/tls"
	"log"
	"os"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/redisstore"
	"github.com/sealring/sealring/sessions"
)

type Profile struct{ Name string }

func main() {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		log.Fatal(err)
	}
` + body + `
	log.Print(manager, err)
}
`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "vet", path).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v\n%s", err, out)
	}
}
