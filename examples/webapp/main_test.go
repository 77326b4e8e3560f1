package main

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/internal/redistest"
	"github.com/sealring/sealring/redisstore"
)

var served = regexp.MustCompile(`url=(\S+)`)

// start runs the command until the test ends, and returns its address and its log.
func start(t *testing.T, args ...string) (url string, log *buffer) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	log = new(buffer)
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, slog.New(slog.NewTextHandler(log, nil)), append([]string{"-listen", "127.0.0.1:0"}, args...))
	}()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("the command ends with %v", err)
		}
		if !strings.Contains(log.String(), "shuts down") {
			t.Errorf("the log does not tell of the end:\n%s", log)
		}
	})
	for range 1000 {
		if m := served.FindStringSubmatch(log.String()); m != nil {
			return m[1], log
		}
		select {
		case err := <-ended:
			t.Fatal(err)
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatalf("the command does not serve:\n%s", log)
	return "", nil
}

func TestRun(t *testing.T) {
	url, _ := start(t)
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || resp.Request.URL.Path != "/sign-in" {
		t.Errorf("%s: %s", resp.Request.URL, resp.Status)
	}
	_, log := start(t, "-redis", filepath.Join(t.TempDir(), "no.sock"))
	if !strings.Contains(log.String(), "give a --ring, too") {
		t.Errorf("no warning:\n%s", log)
	}
}

func TestRunFails(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	for _, args := range [][]string{
		{"-nonsense"}, {"nonsense"}, {"-listen", "nonsense"}, {"-ring", filepath.Join(t.TempDir(), "none.json")},
	} {
		if err := run(t.Context(), log, args); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
	if err := run(t.Context(), log, []string{"-h"}); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("help is %v", err)
	}
}

// The same with a real Redis, which is then killed.
func TestRedis(t *testing.T) {
	server := redistest.Start(t, redistest.Options{})
	client := redis.NewClient(&redis.Options{Addr: server.Socket, ContextTimeoutEnabled: true, DialerRetries: 1, MaxRetries: -1})
	defer client.Close()
	store, err := redisstore.New(client, nil)
	if err != nil {
		t.Fatal(err)
	}
	s := newSite(t, store)
	a, b, ben := s.visitor(firefox).signIn("anna"), s.visitor(iPhone).signIn("anna"), s.visitor(firefox).signIn("ben")
	a.post("/profile", "name", "Änne", "theme", "dark").mustHave(t, http.StatusOK, "Hello, Änne")
	if got := handlesOf(a); len(got) != 2 {
		t.Fatalf("anna has %d devices", len(got))
	}
	b.post("/sign-out-everywhere").mustHave(t, http.StatusOK, "You are signed out.")
	a.mustBeSignedIn(false)

	server.Kill()
	ben.get("/profile").mustHave(t, http.StatusServiceUnavailable, "you still are")
	if ben.cookie() == "" {
		t.Error("a dead Redis takes the cookie")
	}
}
