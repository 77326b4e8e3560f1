package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// The README has the defaults of the policy that the command has, and names every command.
func TestREADMEOfRotation(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	help := world{}.mustRun(t, "keys", "check", "--help")
	_, policy, ok := strings.Cut(help, "\nPolicy\n")
	if !ok {
		t.Fatalf("no policy in\n%s", help)
	}
	flags := regexp.MustCompile(`(?m)^ +(--[a-z-]+)=(\S+)`).FindAllStringSubmatch(policy, -1)
	if len(flags) != 8 {
		t.Errorf("%d flags", len(flags))
	}
	for _, flag := range flags {
		if line := "| `" + flag[1] + "` | " + flag[2] + " |"; !strings.Contains(string(text), line) {
			t.Errorf("README.md does not have %s", line)
		}
	}
	commands := regexp.MustCompile(`(?m)^ +keys ([a-z]+) `).FindAllStringSubmatch(world{}.mustRun(t, "keys", "--help"), -1)
	if len(commands) != 10 {
		t.Errorf("%d commands", len(commands))
	}
	for _, command := range commands {
		if !strings.Contains(string(text), "| `keys "+command[1]) {
			t.Errorf("README.md does not have keys %s", command[1])
		}
	}
}
