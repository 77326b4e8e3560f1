// Package redistest starts real Redis servers for tests, of the redis-server that Debian's package has, and stops them,
// also where a test is killed.
package redistest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// patience is how long a server may take for what takes it milliseconds on an idle machine.
const patience = 20 * time.Second

// Options are what a Server can be told.
type Options struct {
	// Args are configuration, as in "--appendonly", "yes".
	Args []string
	// Env is added to the environment.
	Env []string
	// MaxFile is the size beyond which a file of the server does not grow, in blocks of 512 bytes. Zero means no limit.
	MaxFile int
}

// A Server is a redis-server with a directory of its own, on a unix socket in there.
type Server struct {
	Socket string // its path
	Dir    string

	t        testing.TB
	options  Options
	shell    *exec.Cmd
	lifeline io.Closer // while it is open, the server runs
	pid      int
}

// Start starts a server, which stops with the test.
func Start(t testing.TB, o Options) *Server {
	t.Helper()
	for _, program := range []string{"redis-server", "redis-cli"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("missing: %s (Debian: redis-server); make redis installs it for root", program)
		}
	}
	// Not t.TempDir, which has the test's name in it: a socket's path has at most 107 bytes.
	dir, err := os.MkdirTemp("", "redistest")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Socket: filepath.Join(dir, "redis.sock"), Dir: dir, t: t, options: o}
	t.Cleanup(func() {
		s.Kill()
		os.RemoveAll(dir)
	})
	s.Run()
	return s
}

// The server is the child of a shell that kills it when its own standard input ends: that happens however this process
// ends. A write to a file that is full is to fail and not to end the server.
const shell = `trap '' XFSZ
if [ "$0" != 0 ]; then ulimit -S -f "$0"; fi
"$@" >/dev/null 2>&1 &
echo $!
read -r line
kill -9 $! 2>/dev/null
wait`

// Run starts a server again that has been killed.
func (s *Server) Run() {
	s.t.Helper()
	args := append([]string{"-c", shell, strconv.Itoa(s.options.MaxFile), "redis-server",
		"--dir", s.Dir, "--unixsocket", s.Socket, "--logfile", s.log(), "--port", "0", "--save", "",
		"--repl-diskless-sync-delay", "0"}, s.options.Args...)
	s.shell = exec.Command("sh", args...)
	s.shell.Env = append(os.Environ(), s.options.Env...)
	lifeline, err := s.shell.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	s.lifeline = lifeline
	out, err := s.shell.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.shell.Start(); err != nil {
		s.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		s.pid, err = strconv.Atoi(strings.TrimSpace(line))
	}
	if err != nil {
		s.t.Fatal(err)
	}
	Eventually(s.t, "redis-server answers", func() error {
		answer, err := s.ping()
		if err == nil && answer != "+PONG" {
			err = errors.New(answer)
		}
		if err != nil {
			log, _ := os.ReadFile(s.log())
			err = fmt.Errorf("%w\n%s", err, log[max(0, len(log)-1000):])
		}
		return err
	})
}

func (s *Server) log() string { return filepath.Join(s.Dir, "redis.log") }

// ping says what the server answers to a PING.
func (s *Server) ping() (string, error) {
	c, err := net.DialTimeout("unix", s.Socket, time.Second)
	if err != nil {
		return "", err
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Second))
	if _, err := io.WriteString(c, "PING\r\n"); err != nil {
		return "", err
	}
	line, err := bufio.NewReader(c).ReadString('\n')
	return strings.TrimSpace(line), err
}

// Kill ends the server as kill -9 does, if it runs.
func (s *Server) Kill() {
	if s.lifeline == nil {
		return
	}
	s.lifeline.Close()
	s.shell.Wait()
	s.lifeline = nil
}

// Pid is the number of the server's process.
func (s *Server) Pid() int { return s.pid }

// Do returns what redis-cli prints for a command, by the user who may do everything.
func (s *Server) Do(args ...string) string {
	s.t.Helper()
	out, err := s.Try(args...)
	if err != nil {
		s.t.Fatalf("redis-cli %.200q: %v: %s", args, err, out)
	}
	return out
}

// Try is Do where failure is no surprise.
func (s *Server) Try(args ...string) (string, error) {
	out, err := exec.Command("redis-cli", append([]string{"-e", "--raw", "-s", s.Socket}, args...)...).CombinedOutput()
	return strings.TrimSpace(string(out)), err
}

// Eventually waits until a condition has no error any more.
func Eventually(t testing.TB, what string, condition func() error) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		err := condition()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within %v: %v", what, patience, err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// Ports returns TCP ports of loopback that nobody listens on.
func Ports(t testing.TB, n int) []string {
	t.Helper()
	ports := make([]string, n)
	for i := range ports {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close() // when all are chosen, so that they differ
		_, ports[i], _ = net.SplitHostPort(l.Addr().String())
	}
	return ports
}

// Unlimit lets the files of the server grow, from the next Run on.
func (s *Server) Unlimit() { s.options.MaxFile = 0 }
