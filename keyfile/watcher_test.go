package keyfile_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

// A fake is a source in memory that counts its loads.
type fake struct {
	mu    sync.Mutex
	load  func(ctx context.Context) ([]byte, error)
	plain bool // whether generations do not count
	at    []time.Time
}

func newFake(text string) *fake {
	f := new(fake)
	f.publish(text)
	return f
}

func (f *fake) publish(text string) {
	f.behave(func(context.Context) ([]byte, error) { return []byte(text), nil })
}

func (f *fake) behave(load func(ctx context.Context) ([]byte, error)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.load = load
}

func (f *fake) Generated() bool { return !f.plain }

func (f *fake) Load(ctx context.Context) ([]byte, error) {
	f.mu.Lock()
	f.at = append(f.at, time.Now())
	load := f.load
	f.mu.Unlock()
	return load(ctx)
}

// loads returns when the loads began.
func (f *fake) loads() []time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at
}

// later is a clock at which the keys of the tests are in use, which the one of a bubble is not.
func later() time.Time { return at(300) }

// watch starts a Watcher that the test closes.
func watch(t *testing.T, source keyfile.Source, o keyfile.WatcherOptions) *keyfile.Watcher {
	t.Helper()
	if o.Now == nil {
		o.Now = later
	}
	w, err := keyfile.NewWatcher(t.Context(), source, &o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close() })
	return w
}

// ringIs checks that the ring has the keys of these numbers.
func ringIs(t *testing.T, w *keyfile.Watcher, keys ...int) {
	t.Helper()
	var ids []string
	for _, n := range keys {
		ids = append(ids, fmt.Sprint("key-", n))
	}
	if got, want := w.Keyring().String(), "keyring("+strings.Join(ids, " ")+")"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
}

func TestWatcherFollows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newFake(mustEncode(t, newDocument(t, 1, 1)))
		var changes []keyfile.Status
		w := watch(t, source, keyfile.WatcherOptions{
			OnChange: func(s keyfile.Status) { changes = append(changes, s) },
			OnError:  func(err error) { t.Error(err) },
		})
		ringIs(t, w, 1)

		// The codec is made once, and knows the keys that come later.
		codec, err := sealring.NewCodec[int](w.Keyring(), "test", &sealring.Options{NeverExpires: true, Now: later})
		if err != nil {
			t.Fatal(err)
		}
		old, err := codec.Seal(1)
		if err != nil {
			t.Fatal(err)
		}
		source.publish(mustEncode(t, newDocument(t, 2, 1, 2)))
		time.Sleep(33 * time.Second)
		synctest.Wait()
		ringIs(t, w, 1, 2)
		_, info, err := codec.OpenInfo(old)
		if err != nil || info.KeyID != "key-1" || !info.Stale {
			t.Errorf("%+v, %v", info, err)
		}

		// Fields in another order, white space and other comments' absence are no change; another generation is one.
		source.publish(strings.ReplaceAll(mustEncode(t, newDocument(t, 2, 2, 1)), "\n", "\n\n"))
		time.Sleep(33 * time.Second)
		source.publish(mustEncode(t, newDocument(t, 3, 2, 1)))
		time.Sleep(33 * time.Second)
		synctest.Wait()
		var got []string
		for _, s := range changes {
			got = append(got, fmt.Sprint(s.Generation, s.Keys, s.Primary))
		}
		if want := "1 1key-1, 2 2key-2, 3 2key-2"; strings.Join(got, ", ") != want {
			t.Errorf("changes %q, want %q", strings.Join(got, ", "), want)
		}
	})
}

// Every interval is within a tenth of what was asked for, and they differ.
func TestWatcherJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newFake(mustEncode(t, newDocument(t, 1, 1)))
		w := watch(t, source, keyfile.WatcherOptions{})
		time.Sleep(time.Hour)
		w.Close()
		loads := source.loads()
		if len(loads) < 100 {
			t.Fatalf("%d loads in an hour", len(loads))
		}
		different := map[time.Duration]bool{}
		for i := 1; i < len(loads); i++ {
			d := loads[i].Sub(loads[i-1])
			different[d] = true
			if d < 27*time.Second || d > 33*time.Second {
				t.Errorf("interval of %v", d)
			}
		}
		if len(different) < len(loads)/2 {
			t.Errorf("%d intervals are %d different ones", len(loads), len(different))
		}
		n := len(loads)
		time.Sleep(time.Hour)
		if len(source.loads()) != n {
			t.Error("it goes on after Close")
		}
	})
}

// Who never wants to poll sets the longest Interval there is.
func TestWatcherWithTheLongestInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newFake(mustEncode(t, newDocument(t, 1, 1)))
		w := watch(t, source, keyfile.WatcherOptions{Interval: math.MaxInt64})
		for range 20 {
			time.Sleep(time.Hour)
			if err := w.Refresh(t.Context()); err != nil {
				t.Error(err)
			}
		}
		w.Close()
		if n := len(source.loads()); n != 21 {
			t.Errorf("%d loads, of which 21 were asked for", n)
		}
	})
}

// A program never starts without keys.
func TestWatcherNeedsAFirstRing(t *testing.T) {
	future := func() time.Time { return at(-1) }
	for _, test := range []struct {
		name, says string
		source     *fake
		now        func() time.Time
	}{
		{"empty", "line 1, column 1", newFake(""), nil},
		{"no primary", "no key of generation 7 seals at 2025-12-31T00:00:00Z", newFake(mustEncode(t, newDocument(t, 7, 1))), future},
		{"error", "out of order", &fake{load: func(context.Context) ([]byte, error) { return nil, errors.New("out of order") }}, nil},
		{"panic", "panicked", &fake{load: func(context.Context) ([]byte, error) { panic(secretA) }}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			var heard error
			w, err := keyfile.NewWatcher(t.Context(), test.source, &keyfile.WatcherOptions{
				Now: test.now, OnError: func(err error) { heard = err },
				OnChange: func(keyfile.Status) { t.Error("a change") },
			})
			failsWith(t, err, test.says)
			holdsNothingOf(t, secretA[5:], err.Error())
			if w != nil || heard != err {
				t.Errorf("Watcher %v, OnError heard %v", w, heard)
			}
		})
	}
	t.Run("context", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := keyfile.NewWatcher(ctx, keyfile.File(newFile(t, validText)), nil)
		failsWith(t, err)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("configuration", func(t *testing.T) {
		for _, o := range []keyfile.WatcherOptions{{Interval: -1}, {MinInterval: -1}, {Timeout: -1}} {
			if _, err := keyfile.NewWatcher(t.Context(), newFake(validText), &o); !errors.Is(err, sealring.ErrConfig) {
				t.Errorf("%+v: %v", o, err)
			}
		}
		if _, err := keyfile.NewWatcher(t.Context(), nil, nil); !errors.Is(err, sealring.ErrConfig) {
			t.Errorf("no source: %v", err)
		}
	})
}

// The context of NewWatcher is for the first load: a deadline for the start must not end the watching later.
func TestWatcherOutlivesItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newFake(validText)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		w, err := keyfile.NewWatcher(ctx, source, nil)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		time.Sleep(time.Minute)
		if s := w.Status(); s.Age > 33*time.Second || s.Failures > 0 {
			t.Errorf("%+v", s)
		}
	})
}

// What must not replace the ring in use: format.md, Section 15.4, and all that a source can do.
func TestWatcherKeepsTheRing(t *testing.T) {
	other := newDocument(t, 8, 1, 2)
	other.Keys[0].Secret = secret(t, 99)
	same := newDocument(t, 7, 1, 2)
	same.Keys[1].Comment = "changed"
	disabled := newDocument(t, 8, 1)
	disabled.Keys[0].Disabled = true
	text := func(d *keyfile.Document) func(context.Context) ([]byte, error) {
		s := mustEncode(t, d)
		return func(context.Context) ([]byte, error) { return []byte(s), nil }
	}
	for _, test := range []struct {
		name, says string
		load       func(context.Context) ([]byte, error)
		is         error
		plain      bool // whether a source without generations is refused too
	}{
		{"older generation", "generation 6, and 7 is in use", text(newDocument(t, 6, 1, 2)), nil, false},
		{"same generation, other content", "raise the generation", text(same), nil, false},
		{"other material", "key key-1 has had another secret", text(other), nil, true},
		{"no primary", "no key of generation 8 seals", text(disabled), nil, true},
		{"all in the future", "no key of generation 8 seals", text(newDocument(t, 8, 400, 401)), nil, true},
		{"error", "out of order", func(context.Context) ([]byte, error) { return nil, errors.New("out of order") }, nil, true},
		{"timeout", "deadline", func(ctx context.Context) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() },
			context.DeadlineExceeded, true},
		{"panic", "the source panicked; look at Load of *keyfile_test.fake",
			func(context.Context) ([]byte, error) { panic("with " + secretA) }, nil, true},
		{"panic of the runtime", "index out of range",
			func(context.Context) ([]byte, error) {
				var none []byte
				return none[len(none):][:0:0], fmt.Errorf("%d", none[3])
			}, nil, true},
		{"end of the goroutine", "the source panicked", func(context.Context) ([]byte, error) { runtime.Goexit(); return nil, nil },
			nil, true},
		{"nothing", "line 1, column 1", func(context.Context) ([]byte, error) { return nil, nil }, nil, true},
	} {
		for _, plain := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, plain %v", test.name, plain), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					source := newFake(mustEncode(t, newDocument(t, 7, 1, 2)))
					source.plain = plain
					var heard []error
					w := watch(t, source, keyfile.WatcherOptions{OnError: func(err error) { heard = append(heard, err) }})
					source.behave(test.load)
					err := w.Refresh(t.Context())
					if plain && !test.plain {
						if err != nil || len(heard) > 0 {
							t.Errorf("%v, though generations do not count", err)
						}
						return
					}
					failsWith(t, err, test.says)
					holdsNothingOf(t, secretA[5:], err.Error())
					if test.is != nil && !errors.Is(err, test.is) {
						t.Errorf("error %v, want %v", err, test.is)
					}
					ringIs(t, w, 1, 2)
					s := w.Status()
					if s.Err != err || s.Failures != 1 || !s.Failed.Equal(time.Now()) || s.Generation != 7 || s.Age < 5*time.Second ||
						len(heard) != 1 || heard[0] != err {
						t.Errorf("status %+v, heard %v", s, heard)
					}

					// And what is good again is taken.
					source.publish(mustEncode(t, newDocument(t, 9, 1, 2, 3)))
					if err := w.Refresh(t.Context()); err != nil {
						t.Error(err)
					}
					ringIs(t, w, 1, 2, 3)
					if s := w.Status(); s.Err != err || s.Failures != 0 || s.Age != 0 || s.Generation != 9 || s.Primary != "key-3" {
						t.Errorf("status %+v", s)
					}
				})
			})
		}
	}
}

// A ring whose last key closes while the document stays as it is has no primary either, which is reported.
func TestWatcherReportsTheLossOfThePrimary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := newDocument(t, 1, 1)
		d.Keys[0].OpenUntil = at(300)
		now := at(299)
		var mu sync.Mutex
		w := watch(t, newFake(mustEncode(t, d)), keyfile.WatcherOptions{
			Now: func() time.Time { mu.Lock(); defer mu.Unlock(); return now },
		})
		if err := w.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		mu.Lock()
		now = at(300)
		mu.Unlock()
		failsWith(t, w.Refresh(t.Context()), "no key of generation 1 seals", "clock")
		if s := w.Status(); s.Primary != "" || s.Keys != 1 {
			t.Errorf("status %+v", s)
		}
	})
}

// An ID that the ring has had in the past is never another key's, for sources without generations too.
func TestWatcherRemembersKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newFake(mustEncode(t, newDocument(t, 1, 1)))
		source.plain = true
		w := watch(t, source, keyfile.WatcherOptions{})
		source.publish(mustEncode(t, newDocument(t, 1, 2)))
		if err := w.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		other := newDocument(t, 1, 1, 2)
		other.Keys[0].Secret = secret(t, 99)
		source.publish(mustEncode(t, other))
		failsWith(t, w.Refresh(t.Context()), "key key-1 has had another secret")
		ringIs(t, w, 2)
	})
}

// However many envelopes with unknown key IDs a stranger sends, they cause at most one load per MinInterval.
func TestUnknownKeysCauseFewLoads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const envelopes, minInterval = 100_000, 5 * time.Second
		source := newFake(mustEncode(t, newDocument(t, 1, 1)))
		w := watch(t, source, keyfile.WatcherOptions{Interval: time.Hour, MinInterval: minInterval})
		var heard counter
		sealer, err := sealring.NewSealer(w.Keyring(), "test", &sealring.Options{
			NeverExpires: true, Observer: w.Observer(&heard), Now: later,
		})
		if err != nil {
			t.Fatal(err)
		}
		envelope, err := sealer.AppendSealBinary(nil, []byte("{}"), nil)
		if err != nil {
			t.Fatal(err)
		}
		place := bytes.Index(envelope, []byte("key-1"))
		begin := time.Now()
		for n := range envelopes {
			copy(envelope[place:], fmt.Sprintf("%05d", n))
			if _, _, err := sealer.AppendOpenBinary(nil, envelope, nil); !errors.Is(err, sealring.ErrUnknownKey) {
				t.Fatal(err)
			}
			if n%100 == 0 {
				time.Sleep(100 * time.Millisecond)
			}
		}
		time.Sleep(minInterval)
		spent := time.Since(begin)
		loads := source.loads()
		for i := 1; i < len(loads); i++ {
			if d := loads[i].Sub(loads[i-1]); d < minInterval {
				t.Errorf("load %d came %v after the one before", i, d)
			}
		}
		if most := int(spent/minInterval) + 1; len(loads) > most || len(loads) < most-2 {
			t.Errorf("%d loads in %v", len(loads), spent)
		}
		if heard != envelopes {
			t.Errorf("the next observer heard %d openings", heard)
		}
		t.Logf("%d unknown key IDs in %v: %d loads", envelopes, spent, len(loads))
	})
}

// A counter counts openings.
type counter int

func (c *counter) Opened(sealring.Opening) { *c++ }

// Only what a new document may cure makes the Watcher look for one, and it costs the opening no memory.
func TestObserverAsksForUnknownKeysAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newFake(mustEncode(t, newDocument(t, 1, 1)))
		w := watch(t, source, keyfile.WatcherOptions{Interval: time.Hour})
		o := w.Observer(nil)
		for _, e := range []sealring.Opening{
			{}, {KeyID: "key-1"}, {Class: sealring.ErrExpired, KeyID: "key-1"}, {Class: sealring.ErrBadSignature, KeyID: "key-1"},
			{Class: sealring.ErrMalformed}, {Class: sealring.ErrUnknownKey, KeyID: "key-1"},
		} {
			o.Opened(e)
		}
		time.Sleep(time.Minute)
		if n := len(source.loads()); n != 1 {
			t.Errorf("%d loads", n)
		}
		if n := testing.AllocsPerRun(100, func() { o.Opened(sealring.Opening{Class: sealring.ErrUnknownKey}) }); n != 0 {
			t.Errorf("%v allocations", n)
		}
		time.Sleep(time.Minute)
		if n := len(source.loads()); n < 2 {
			t.Errorf("%d loads", n)
		}
	})
}

// A token under a key that came a moment ago opens at the second try, long before the next poll.
func TestObserverFindsTheNewKey(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newFake(mustEncode(t, newDocument(t, 1, 1)))
		w := watch(t, source, keyfile.WatcherOptions{Interval: time.Hour, MinInterval: time.Second})
		codec, err := sealring.NewCodec[int](w.Keyring(), "test", &sealring.Options{
			NeverExpires: true, Observer: w.Observer(nil), Now: later,
		})
		if err != nil {
			t.Fatal(err)
		}
		newer, err := sealring.NewKeyring(newDocument(t, 2, 2).SealringKeys()...)
		if err != nil {
			t.Fatal(err)
		}
		ahead, err := sealring.NewCodec[int](newer, "test", &sealring.Options{NeverExpires: true, Now: later})
		if err != nil {
			t.Fatal(err)
		}
		token, err := ahead.Seal(1)
		if err != nil {
			t.Fatal(err)
		}
		source.publish(mustEncode(t, newDocument(t, 2, 1, 2)))
		if _, err := codec.Open(token); !errors.Is(err, sealring.ErrUnknownKey) {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		synctest.Wait()
		if _, err := codec.Open(token); err != nil {
			t.Error(err)
		}
	})
}

func TestRefresh(t *testing.T) {
	t.Run("many at once", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			source := newFake(mustEncode(t, newDocument(t, 1, 1)))
			w := watch(t, source, keyfile.WatcherOptions{Interval: time.Hour, MinInterval: 5 * time.Second})
			source.publish(mustEncode(t, newDocument(t, 2, 1, 2)))
			begin := time.Now()
			var group sync.WaitGroup
			for range 1000 {
				group.Go(func() {
					if err := w.Refresh(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			group.Wait()
			if n := len(source.loads()); n != 2 || time.Since(begin) != 5*time.Second {
				t.Errorf("%d loads after %v", n, time.Since(begin))
			}
			ringIs(t, w, 1, 2)
			// All have been served, so nothing is left to be done.
			time.Sleep(10 * time.Minute)
			if n := len(source.loads()); n != 2 {
				t.Errorf("%d loads", n)
			}
		})
	})
	// The load that was under way when it was asked for may have read the document from before.
	t.Run("during a load", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			source := newFake(mustEncode(t, newDocument(t, 1, 1)))
			w := watch(t, source, keyfile.WatcherOptions{Interval: time.Hour, MinInterval: time.Second})
			source.behave(func(context.Context) ([]byte, error) {
				time.Sleep(5 * time.Second)
				return []byte(mustEncode(t, newDocument(t, 1, 1))), nil
			})
			first := make(chan error)
			go func() { first <- w.Refresh(t.Context()) }()
			time.Sleep(2 * time.Second)
			source.publish(mustEncode(t, newDocument(t, 2, 1, 2)))
			if err := w.Refresh(t.Context()); err != nil {
				t.Error(err)
			}
			ringIs(t, w, 1, 2)
			if err := <-first; err != nil {
				t.Error(err)
			}
			if n := len(source.loads()); n != 3 {
				t.Errorf("%d loads", n)
			}
		})
	})
	t.Run("gives up", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := watch(t, newFake(mustEncode(t, newDocument(t, 1, 1))), keyfile.WatcherOptions{})
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err := w.Refresh(ctx)
			failsWith(t, err)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v", err)
			}
		})
	})
	t.Run("closed", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			w := watch(t, newFake(mustEncode(t, newDocument(t, 1, 1))), keyfile.WatcherOptions{})
			waiting := make(chan error)
			go func() { waiting <- w.Refresh(t.Context()) }()
			synctest.Wait()
			w.Close()
			w.Close()
			failsWith(t, <-waiting, "has been closed")
			failsWith(t, w.Refresh(t.Context()), "has been closed")
			w.Observer(nil).Opened(sealring.Opening{Class: sealring.ErrUnknownKey})
			ringIs(t, w, 1)
		})
	})
}

// A source that breaks its contract holds up neither the Watcher's reports nor Close.
func TestWatcherLeavesAHangingSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newFake(mustEncode(t, newDocument(t, 1, 1)))
		w := watch(t, source, keyfile.WatcherOptions{Interval: time.Hour, MinInterval: time.Second})
		release := make(chan struct{})
		hang := func(context.Context) ([]byte, error) { <-release; return nil, errors.New("late") }
		source.behave(hang)

		begin := time.Now()
		err := w.Refresh(t.Context())
		failsWith(t, err, "did not return in time")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(begin) > 13*time.Second {
			t.Errorf("error %v after %v", err, time.Since(begin))
		}
		// No second call is made beside the first.
		failsWith(t, w.Refresh(t.Context()), "has not returned")
		if n := len(source.loads()); n != 2 {
			t.Errorf("%d loads", n)
		}
		ringIs(t, w, 1)
		close(release)
		synctest.Wait()
		source.publish(mustEncode(t, newDocument(t, 2, 1, 2)))
		if err := w.Refresh(t.Context()); err != nil {
			t.Error(err)
		}
		ringIs(t, w, 1, 2)

		release = make(chan struct{})
		source.behave(hang)
		go w.Refresh(t.Context())
		time.Sleep(2 * time.Second)
		begin = time.Now()
		w.Close()
		if d := time.Since(begin); d > time.Second {
			t.Errorf("Close took %v", d)
		}
		close(release)
	})
}

// Close breaks a load off, which is no failure of the source.
func TestCloseDuringALoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		source := newFake(mustEncode(t, newDocument(t, 1, 1)))
		w := watch(t, source, keyfile.WatcherOptions{OnError: func(err error) { t.Error(err) }})
		source.behave(func(ctx context.Context) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() })
		result := make(chan error, 1)
		go func() { result <- w.Refresh(t.Context()) }()
		time.Sleep(6 * time.Second)
		w.Close()
		if err := <-result; !errors.Is(err, sealring.ErrKeyring) {
			t.Errorf("error %v", err)
		}
		if s := w.Status(); s.Failures != 0 || s.Err != nil {
			t.Errorf("status %+v", s)
		}
	})
}

func TestWatcherPrintsNoSecret(t *testing.T) {
	w := watch(t, newFake(mustEncode(t, newDocument(t, 1, 1))), keyfile.WatcherOptions{})
	hidden := secret(t, 1).Reveal()[5:]
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
		if got := fmt.Sprintf(verb, w); got != "watcher(keyring(key-1))" {
			t.Errorf("%s: %s", verb, got)
		}
		holdsNothingOf(t, hidden, fmt.Sprintf(verb, w.Status()))
		holdsNothingOf(t, hidden, fmt.Sprintf(verb, struct{ w *keyfile.Watcher }{w}))
	}
	var b bytes.Buffer
	slog.New(slog.NewJSONHandler(&b, nil)).Info("ring", "watcher", w, "status", w.Status())
	text, err := json.Marshal(map[string]any{"w": w, "status": w.Status()})
	if err != nil {
		t.Fatal(err)
	}
	for _, out := range []string{b.String(), string(text)} {
		holdsNothingOf(t, hidden, out)
		if !strings.Contains(out, "watcher(keyring(key-1))") {
			t.Error(out)
		}
	}
}
