package redistest_test

import (
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/sealring/sealring/internal/redistest"
)

func TestServer(t *testing.T) {
	var pid int
	t.Run("one", func(t *testing.T) {
		s := redistest.Start(t, redistest.Options{Args: []string{"--appendonly", "yes", "--appendfsync", "always"}})
		s.Do("SET", "key", "value")
		s.Kill()
		if _, err := s.Try("GET", "key"); err == nil {
			t.Error("a server that was killed answers")
		}
		s.Run()
		if got := s.Do("GET", "key"); got != "value" {
			t.Errorf("%q is left", got)
		}
		pid = s.Pid()
	})
	if _, err := os.Stat("/proc/self"); err != nil {
		return
	}
	command, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
	if err == nil && strings.Contains(string(command), "redis-server") {
		t.Error("the server outlives its test")
	}
}

func TestCluster(t *testing.T) {
	c := redistest.StartCluster(t, redistest.Options{})
	if got := c.Nodes[0].Do("CLUSTER", "NODES"); strings.Count(got, "slave") != 3 || strings.Count(got, "master") != 3 {
		t.Errorf("not three masters and three replicas:\n%s", got)
	}
}
