// Package sourcetest checks that a key source keeps the contract of [keyfile.Source]. A package that has one calls [Run]
// in a test, as package keyfile does for its own.
package sourcetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

// A Harness is a source and what a test can do to what is behind it. Publish is required; what is nil is left out, and
// said to be in the test's output. Each function ends the test where it fails itself.
type Harness struct {
	Source keyfile.Source
	// Publish puts a text in the place of what was there, and repairs what the functions below have broken. It is called
	// with what is no document too.
	Publish func(text []byte)
	// MaxSize is how many bytes Publish can take, as a service may have a limit below the one of a document; 0 means any.
	MaxSize int
	// Remove takes away what Publish has put there.
	Remove func()
	// Deny takes away the permission to read it.
	Deny func()
	// Break makes it fail in another way, as an outage does.
	Break func()
	// Stall makes it give no answer at all, until the function that it returns is called.
	Stall func() (release func())
}

const (
	// tooLate is long after a source should have returned, and after every deadline here.
	tooLate = 10 * time.Second
	// huge is far more than a document may have, and mostLoaded what a load of it may allocate: buffers grow, so several
	// add up to more than is read.
	huge       = 100 << 20
	mostLoaded = 16 << 20
)

// Run checks the source of the harness. It runs no test in parallel with another.
func Run(t *testing.T, h Harness) {
	if h.Source == nil || h.Publish == nil {
		t.Fatal("a Harness needs a Source and Publish")
	}
	for _, test := range []struct {
		name string
		run  func(*testing.T, Harness)
		can  bool
	}{
		{"load", testLoad, true},
		{"slices", testSlices, true},
		{"bad texts", testBadTexts, true},
		{"huge", testHuge, h.MaxSize == 0 || h.MaxSize >= huge},
		{"not there", testNotThere, h.Remove != nil},
		{"permission denied", func(t *testing.T, h Harness) { testFails(t, h, h.Deny) }, h.Deny != nil},
		{"outage", func(t *testing.T, h Harness) { testFails(t, h, h.Break) }, h.Break != nil},
		{"context", testContext, true},
		{"stall", testStall, h.Stall != nil},
		{"concurrency", testConcurrency, true},
		{"watcher", testWatcher, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			if !test.can {
				t.Skip("the harness has nothing for it")
			}
			test.run(t, h)
		})
	}
}

// document returns a document of some generation that has as many keys, each sealing a day after the one before. All of
// them have been there for long.
func document(t *testing.T, generation int) []byte {
	t.Helper()
	d := &keyfile.Document{Generation: int64(generation)}
	for n := range generation {
		d.Keys = append(d.Keys, keyfile.Entry{
			Key:     sealring.Key{ID: fmt.Sprint("key-", n), Secret: secret(t, n), SealFrom: day(n)},
			Created: day(n),
		})
	}
	text, err := keyfile.Encode(d)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func day(n int) time.Time { return time.Date(2020, 1, 1+n, 0, 0, 0, 0, time.UTC) }

func secretBytes(n int) []byte {
	b := sha256.Sum256(fmt.Appendf(nil, "sealring sourcetest %d", n))
	return b[:]
}

func secret(t *testing.T, n int) sealring.Secret {
	t.Helper()
	s, err := sealring.NewSecret(secretBytes(n))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// load loads with a deadline that no source should need.
func load(t *testing.T, h Harness) ([]byte, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), tooLate/2)
	defer cancel()
	return loadWithin(t, ctx, h)
}

var errStuck = errors.New("did not return")

// loadWithin loads, and checks what holds of every load.
func loadWithin(t *testing.T, ctx context.Context, h Harness) ([]byte, error) {
	t.Helper()
	type result struct {
		text []byte
		err  error
	}
	returned := make(chan result, 1)
	go func() {
		text, err := h.Source.Load(ctx)
		returned <- result{text, err}
	}()
	select {
	case r := <-returned:
		checkError(t, r.text, r.err)
		return r.text, r.err
	case <-time.After(tooLate):
		t.Error("Load has not returned, though its context has ended")
		return nil, errStuck
	}
}

// checkError checks what every load must keep to.
func checkError(t *testing.T, text []byte, err error) {
	t.Helper()
	if err == nil {
		return
	}
	if len(text) > 0 {
		t.Error("Load returned a text beside the error")
	}
	if err.Error() == "" {
		t.Error("the error says nothing")
	}
	for n := range 4 {
		b := secretBytes(n)
		for _, form := range []string{
			base64.RawURLEncoding.EncodeToString(b)[:8], base64.StdEncoding.EncodeToString(b)[:8], hex.EncodeToString(b)[:8],
			string(b[:8]),
		} {
			if strings.Contains(err.Error(), form) {
				t.Error("the error holds a secret") // and is not shown for that
				return
			}
		}
	}
}

// loads checks that the source has a document now.
func loads(t *testing.T, h Harness, want []byte) {
	t.Helper()
	text, err := load(t, h)
	if err != nil {
		t.Fatalf("Load: %v", err)
	}
	got, err := keyfile.Parse(text)
	if err != nil {
		t.Fatalf("what Load returned is no document: %v", err)
	}
	expected, err := keyfile.Parse(want)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Keys) != len(expected.Keys) {
		t.Fatalf("Load returned %d keys, want %d", len(got.Keys), len(expected.Keys))
	}
	secrets := map[string]string{}
	for _, e := range got.Keys {
		secrets[e.ID] = e.Secret.Reveal()
	}
	for _, e := range expected.Keys {
		if secrets[e.ID] != e.Secret.Reveal() {
			t.Errorf("key %v is missing, or has another secret", e)
		}
	}
	if h.Source.Generated() && got.Generation != expected.Generation {
		t.Errorf("generation %d, want %d", got.Generation, expected.Generation)
	}
}

// A source has what was published last, not what it had before.
func testLoad(t *testing.T, h Harness) {
	generated := h.Source.Generated()
	for _, generation := range []int{1, 2, 3, 2} {
		h.Publish(document(t, generation))
		loads(t, h, document(t, generation))
		loads(t, h, document(t, generation))
	}
	if h.Source.Generated() != generated {
		t.Error("Generated has changed")
	}
}

// What one caller does to a text is nothing to the next.
func testSlices(t *testing.T, h Harness) {
	h.Publish(document(t, 1))
	text, err := load(t, h)
	if err != nil {
		t.Fatal(err)
	}
	text = text[:cap(text)]
	for i := range text {
		text[i] = 'x'
	}
	loads(t, h, document(t, 1))
}

// A source may refuse what is no document or leave that to who reads it. It never makes a document of it.
func testBadTexts(t *testing.T, h Harness) {
	whole := document(t, 2)
	hexed := strings.Replace(string(whole), secret(t, 0).Reveal(), hex.EncodeToString(secretBytes(0)), 1)
	pasted := strings.Replace(string(whole), secret(t, 0).Reveal(), secret(t, 0).Reveal()+`\n`, 1)
	for name, text := range map[string]string{
		"empty":           "",
		"blank":           " \n",
		"truncated":       string(whole[:len(whole)/2]),
		"one byte short":  strings.TrimSpace(string(whole))[:len(whole)-2],
		"garbage":         "\xff\xfe{{{ " + secret(t, 0).Reveal(),
		"two documents":   string(whole) + string(whole),
		"hex secret":      hexed,
		"secret and line": pasted,
		"no keys":         `{"version":1,"generation":1,"keys":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			h.Publish([]byte(text))
			refused(t, h)
		})
	}
	h.Publish(whole)
	loads(t, h, whole)
}

// refused checks that a load, or reading what it returned, fails.
func refused(t *testing.T, h Harness) {
	t.Helper()
	text, err := load(t, h)
	if err != nil {
		return
	}
	_, err = keyfile.Parse(text)
	if err == nil {
		t.Error("Load made a document of it")
	}
	checkError(t, nil, err)
}

// However much there is, a load takes little memory.
func testHuge(t *testing.T, h Harness) {
	h.Publish(bytes.Repeat([]byte(" "), huge))
	defer h.Publish(document(t, 1))
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	refused(t, h)
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > mostLoaded {
		t.Errorf("a load of 100 MiB allocated %d bytes", spent)
	}
}

func testNotThere(t *testing.T, h Harness) { testFails(t, h, h.Remove) }

// A load fails while something is broken, and no longer.
func testFails(t *testing.T, h Harness, breaks func()) {
	h.Publish(document(t, 1))
	breaks()
	for range 2 {
		if _, err := load(t, h); err == nil {
			t.Error("Load returned no error")
		}
	}
	h.Publish(document(t, 2))
	loads(t, h, document(t, 2))
}

// A context that has ended ends a load before it begins.
func testContext(t *testing.T, h Harness) {
	h.Publish(document(t, 1))
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	expired, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	for _, ctx := range []context.Context{cancelled, expired} {
		if _, err := loadWithin(t, ctx, h); !errors.Is(err, ctx.Err()) {
			t.Errorf("error %v, want %v", err, ctx.Err())
		}
	}
	loads(t, h, document(t, 1))
}

// A context that ends meanwhile ends a load that gets no answer.
func testStall(t *testing.T, h Harness) {
	h.Publish(document(t, 1))
	release := h.Stall()
	for _, wait := range []func(context.Context) (context.Context, context.CancelFunc){
		func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, 50*time.Millisecond)
		},
		func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancel(ctx)
			time.AfterFunc(50*time.Millisecond, cancel)
			return ctx, cancel
		},
	} {
		ctx, cancel := wait(t.Context())
		_, err := loadWithin(t, ctx, h)
		if err == errStuck {
			release()
			t.FailNow()
		}
		if ctx.Err() == nil || !errors.Is(err, ctx.Err()) {
			t.Errorf("error %v, want %v", err, ctx.Err())
		}
		cancel()
	}
	release()
	h.Publish(document(t, 2))
	loads(t, h, document(t, 2))
}

func testConcurrency(t *testing.T, h Harness) {
	h.Publish(document(t, 3))
	var group sync.WaitGroup
	for range 16 {
		group.Go(func() {
			for range 8 {
				text, err := load(t, h)
				if err == nil {
					_, err = keyfile.Parse(text)
				}
				if err != nil {
					t.Errorf("Load: %v", err)
				}
			}
		})
	}
	group.Wait()
}

// A Watcher follows the source, and keeps its keys while there is nothing good.
func testWatcher(t *testing.T, h Harness) {
	h.Publish(document(t, 1))
	w, err := keyfile.NewWatcher(t.Context(), h.Source, &keyfile.WatcherOptions{Interval: time.Hour, MinInterval: time.Nanosecond})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	primary := func(want string) {
		t.Helper()
		if s := w.Status(); s.Primary != want {
			t.Errorf("key %q seals, want %q", s.Primary, want)
		}
	}
	primary("key-0")
	h.Publish([]byte("{"))
	if err := w.Refresh(t.Context()); !errors.Is(err, sealring.ErrKeyring) {
		t.Errorf("error %v", err)
	}
	primary("key-0")
	if h.Remove != nil {
		h.Remove()
		if err := w.Refresh(t.Context()); !errors.Is(err, sealring.ErrKeyring) {
			t.Errorf("error %v", err)
		}
		primary("key-0")
	}
	h.Publish(document(t, 3))
	if err := w.Refresh(t.Context()); err != nil {
		t.Error(err)
	}
	primary("key-2")
}
