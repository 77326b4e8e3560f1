package sealedscs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
	"github.com/sealring/sealring/sessions/sealedscs"
)

func TestRoundTrip(t *testing.T) {
	for _, o := range []sealedscs.Options{{}, {Signed: true}, {Iterable: true}} {
		w := newWorld(t, &o)
		for _, data := range []string{"", "\x00", "data", strings.Repeat("x", 60000)} {
			token := w.commit(t, data)
			w.has(t, w.Store, token, data)
			must(t, w.Commit(token, []byte("other"), w.expiry(time.Hour)))
			w.has(t, w.Store, token, "other")
			must(t, w.Delete(token))
			if events := w.none(t, w.Store, token); len(events) > 0 {
				t.Errorf("the observer heard %+v", events)
			}
		}
	}
}

func TestTrips(t *testing.T) {
	w := newWorld(t, nil)
	for _, test := range []struct {
		name string
		do   func(token string)
		want map[string]int
	}{
		{"a new session", func(token string) { must(t, w.Commit(token, nil, w.expiry(time.Hour))) }, map[string]int{"Save": 2}},
		{"again", func(token string) { must(t, w.Commit(token, nil, w.expiry(time.Hour))) }, map[string]int{"Save": 1}},
		{"find", func(token string) { w.has(t, w.Store, token, "") }, map[string]int{"Load": 1}},
		{"delete", func(token string) { must(t, w.Delete(token)) }, map[string]int{"Save": 1}},
		{"find nothing", func(token string) { w.none(t, w.Store, token) }, map[string]int{"Load": 1}},
	} {
		test.do("a token of thirty or more characters")
		if got := w.beneath.counted(); !maps.Equal(got, test.want) {
			t.Errorf("%s: %v, want %v", test.name, got, test.want)
		}
	}
}

// The methods with a context hand it on.
func TestContext(t *testing.T) {
	w := newWorld(t, &sealedscs.Options{Iterable: true})
	token := w.commit(t, "data")
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range map[string]error{
		"FindCtx":   func() error { _, _, err := w.FindCtx(ended, token); return err }(),
		"CommitCtx": w.CommitCtx(ended, token, nil, w.expiry(time.Hour)),
		"DeleteCtx": w.DeleteCtx(ended, token),
		"AllCtx":    func() error { _, err := w.AllCtx(ended); return err }(),
	} {
		failsWith(t, err, sessions.ErrStore)
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.has(t, w.Store, token, "data")
	must(t, w.CommitCtx(t.Context(), token, []byte("more"), w.expiry(time.Hour)))
	if data, found, err := w.FindCtx(t.Context(), token); err != nil || !found || string(data) != "more" {
		t.Errorf("found %q, %v, %v", data, found, err)
	}
	if all, err := w.AllCtx(t.Context()); err != nil || len(all) != 1 {
		t.Errorf("all %v, %v", all, err)
	}
	must(t, w.DeleteCtx(t.Context(), token))
	w.none(t, w.Store, token)
}

// The store beneath never has a token, nor, encrypted, the data, nor anything by which two users' could be compared.
func TestStoreLearnsNothing(t *testing.T) {
	for _, o := range []sealedscs.Options{{}, {Signed: true}, {Iterable: true}} {
		w := newWorld(t, &o)
		token := w.commit(t, "the-private-data")
		must(t, w.Commit(token, []byte("the-private-data"), w.expiry(time.Hour)))
		w.has(t, w.Store, token, "the-private-data")
		must(t, w.Delete(token))
		for _, b := range w.beneath.seen {
			if bytes.Contains(b.Bytes(), []byte(token[:12])) {
				t.Errorf("%+v: the store was given a token", o)
			}
			if !o.Signed && bytes.Contains(b.Bytes(), []byte("private")) {
				t.Errorf("%+v: the store was given the data", o)
			}
		}
	}
}

func TestTokensThatAreNone(t *testing.T) {
	w := newWorld(t, &sealedscs.Options{Iterable: true})
	for _, token := range []string{"", "x", strings.Repeat("x", 21), strings.Repeat("x", 256), strings.Repeat("|", 100<<20)} {
		w.none(t, w.Store, token)
		must(t, w.Delete(token))
		failsWith(t, w.Commit(token, []byte("data"), w.expiry(time.Hour)), sessions.ErrSeal)
	}
	if calls := w.beneath.counted(); len(calls) > 0 {
		t.Errorf("the store was asked: %v", calls)
	}
	for _, token := range []string{strings.Repeat("x", 22), strings.Repeat("x", 255), "with NUL \x00, ' OR 1=1 and \xff"} {
		must(t, w.Commit(token, []byte("data"), w.expiry(time.Hour)))
		w.has(t, w.Store, token, "data")
		if all, err := w.All(); err != nil || len(all) != 1 || string(all[token]) != "data" {
			t.Errorf("all %q, %v", all, err)
		}
		must(t, w.Delete(token))
	}
}

// Who looks after keys hears of every record that is loaded.
func TestOpenings(t *testing.T) {
	var heard openings
	w := newWorld(t, &sealedscs.Options{Openings: &heard})
	token := newToken()
	must(t, w.Commit(token, []byte("data"), w.expiry(time.Hour)))
	w.has(t, w.Store, token, "data")
	if len(heard) != 1 || heard[0].Class != nil || heard[0].KeyID == "" {
		t.Errorf("heard %+v", heard)
	}
}

// Finding writes nothing, whatever it is asked for.
func TestUnknownTokens(t *testing.T) {
	w := newWorld(t, nil)
	for range 10000 {
		if events := w.none(t, w.Store, newToken()); len(events) > 0 {
			t.Fatalf("the observer heard %+v", events)
		}
	}
	if calls := w.beneath.counted(); len(calls) != 1 || calls["Load"] != 10000 {
		t.Errorf("calls: %v", calls)
	}
}

func TestExpiry(t *testing.T) {
	w := newWorld(t, nil)
	token := w.commit(t, "data")
	w.clock.pass(time.Hour - time.Millisecond)
	w.has(t, w.Store, token, "data")
	old := w.record(t, token)
	w.clock.pass(time.Millisecond)
	if events := w.none(t, w.Store, token); len(events) > 0 {
		t.Errorf("the observer heard %+v", events)
	}

	// The expiry is sealed: a store that forgets to expire, or a record that is put back, gives nothing.
	w.plant(t, token, old)
	if events := w.none(t, w.Store, token); len(events) > 0 {
		t.Errorf("the observer heard %+v", events)
	}

	// What is to expire in the past is gone, also over what there is, and a past expiry is no "for ever".
	token = w.commit(t, "data")
	for _, expiry := range []time.Time{w.clock.Now(), w.expiry(-time.Hour), {}, time.Unix(-1<<60, 0)} {
		must(t, w.Commit(token, []byte("late"), expiry))
		w.none(t, w.Store, token)
		must(t, w.Commit(token, []byte("data"), w.expiry(time.Hour)))
	}

	// Nor does one far away wrap around.
	must(t, w.Commit(token, []byte("long"), time.Unix(1<<60, 0)))
	w.clock.pass(100 * 365 * 24 * time.Hour)
	w.has(t, w.Store, token, "long")
}

// A session that expires while a request is under way is written anew: nobody has logged out.
func TestExpiredInBetween(t *testing.T) {
	w := newWorld(t, nil)
	token := w.commit(t, "data")
	w.clock.pass(2 * time.Hour)
	must(t, w.Commit(token, []byte("more"), w.expiry(time.Hour)))
	w.has(t, w.Store, token, "more")
}

// A deleted token stays deleted, whoever writes it, for as long as was asked for.
func TestDeletedStaysSo(t *testing.T) {
	for _, o := range []sealedscs.Options{{}, {DeletedFor: time.Hour}, {Signed: true}, {Iterable: true}} {
		w := newWorld(t, &o)
		other := w.node(t, w.ring, &o)
		token := w.commit(t, "data")
		must(t, w.Delete(token))
		for range 3 {
			failsWith(t, other.Commit(token, []byte("slow"), w.expiry(100*time.Hour)), sealedscs.ErrDeleted)
			if events := w.none(t, other, token); len(events) > 0 {
				t.Errorf("the observer heard %+v", events)
			}
			must(t, other.Delete(token))
		}
		if all, err := w.All(); o.Iterable && (err != nil || len(all) > 0) {
			t.Errorf("all %v, %v", all, err)
		}
		remembered := o.DeletedFor
		if remembered == 0 {
			remembered = 24 * time.Hour
		}
		w.clock.pass(remembered - time.Millisecond)
		failsWith(t, w.Commit(token, []byte("slow"), w.expiry(time.Hour)), sealedscs.ErrDeleted)
		w.clock.pass(time.Millisecond)
		if w.record(t, token) != nil {
			t.Error("the store remembers for too long")
		}
	}
}

// Logging out counts also where the record was gone already, as by eviction, and a request still has the session.
func TestDeletingWhatIsGone(t *testing.T) {
	w := newWorld(t, nil)
	token := w.commit(t, "data")
	_, err := w.beneath.Store.Delete(t.Context(), idOf(token), nil)
	must(t, err)
	must(t, w.Delete(token))
	failsWith(t, w.Commit(token, []byte("slow"), w.expiry(time.Hour)), sealedscs.ErrDeleted)
}

// Whatever two requests do to one token at the same time, in whatever order their steps come: once deleted, it stays so.
func TestRaces(t *testing.T) {
	w := newWorld(t, &sealedscs.Options{Iterable: true})
	for range 300 {
		token := w.commit(t, "data")
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				if err := w.Commit(token, []byte("slow"), w.expiry(time.Hour)); err != nil {
					failsWith(t, err, sealedscs.ErrDeleted)
				}
			})
			wg.Go(func() { must(t, w.Delete(token)) })
		}
		wg.Wait()
		if events := w.none(t, w.Store, token); len(events) > 0 {
			t.Fatalf("the observer heard %+v", events)
		}
	}

	// Without a delete the last one wins, and none fails.
	for range 100 {
		token := newToken()
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() { must(t, w.Commit(token, []byte{byte(i)}, w.expiry(time.Hour))) })
		}
		wg.Wait()
		if data, found, err := w.Find(token); err != nil || !found || len(data) != 1 {
			t.Fatalf("found %q, %v, %v", data, found, err)
		}
	}
}

// Each step of a write may find that something else happened since the one before.
func TestBetweenSteps(t *testing.T) {
	vanish := func(w *world, token string) func() {
		return func() { w.beneath.Store.Delete(context.Background(), idOf(token), nil) }
	}
	w := newWorld(t, nil)
	token := w.commit(t, "data")
	must(t, w.Delete(token))
	w.beneath.next("Load", vanish(w, token)) // what the deletion left expires
	must(t, w.Commit(token, []byte("late"), w.expiry(time.Hour)))
	w.has(t, w.Store, token, "late")

	token = w.commit(t, "data")
	must(t, w.Delete(token))
	w.beneath.next("Load", vanish(w, token))
	must(t, w.Delete(token))
	failsWith(t, w.Commit(token, []byte("slow"), w.expiry(time.Hour)), sealedscs.ErrDeleted)

	// A store that changes all the while is one that failed.
	w = newWorld(t, nil)
	token = newToken()
	store, err := sealedscs.NewStore(w.ring, fickle{w.beneath}, nil)
	must(t, err)
	failsWith(t, store.Commit(token, nil, time.Now().Add(time.Hour)), sessions.ErrStore)
	failsWith(t, store.Delete(token), sessions.ErrStore)
}

// A fickle store has saved nothing and has nothing.
type fickle struct{ sessions.Store }

func (fickle) Save(context.Context, [32]byte, uint64, []byte, time.Time) (bool, error) {
	return false, nil
}

func TestTampering(t *testing.T) {
	for _, o := range []sealedscs.Options{{}, {Signed: true}} {
		w := newWorld(t, &o)
		token := w.commit(t, "data")
		genuine := w.record(t, token)
		for i := range genuine {
			changed := bytes.Clone(genuine)
			changed[i] ^= 1
			w.plant(t, token, changed)
			e := one(t, w.none(t, w.Store, token))
			// A changed key ID may be that of a key which this node does not have yet, and a changed suite that of a newer program.
			stays := !errors.Is(e.Class, sealring.ErrBadSignature) && !errors.Is(e.Class, sealring.ErrMalformed)
			if e.Deleted == stays || (w.record(t, token) != nil) != stays || e.Err != nil {
				t.Errorf("byte %d: %+v", i, e)
			}
		}
		for i := range genuine {
			w.plant(t, token, genuine[:i])
			if e := one(t, w.none(t, w.Store, token)); !e.Deleted {
				t.Errorf("%d bytes: %+v", i, e)
			}
		}
		w.plant(t, token, append(bytes.Clone(genuine), 0))
		one(t, w.none(t, w.Store, token))
		w.plant(t, token, genuine)
		w.has(t, w.Store, token, "data")
	}
}

func one(t testing.TB, events []sessions.Event) sessions.Event {
	t.Helper()
	if len(events) != 1 || len(events[0].Handle) != 22 || events[0].Class == nil {
		t.Fatalf("the observer heard %+v, want one event", events)
	}
	return events[0]
}

// A genuine record opens in its place alone.
func TestSwapping(t *testing.T) {
	w := newWorld(t, nil)
	victim, thief := w.commit(t, "victim"), w.commit(t, "thief")
	w.plant(t, thief, w.record(t, victim))
	if e := one(t, w.none(t, w.Store, thief)); e.Class != sealring.ErrBadSignature || !e.Deleted {
		t.Errorf("%+v", e)
	}
	w.has(t, w.Store, victim, "victim")

	// That of a deleted token kills no other session unnoticed.
	dead := w.commit(t, "dead")
	must(t, w.Delete(dead))
	w.plant(t, victim, w.record(t, dead))
	if e := one(t, w.none(t, w.Store, victim)); e.Class != sealring.ErrBadSignature || !e.Deleted {
		t.Errorf("%+v", e)
	}
	// And the other way it is no session.
	victim = w.commit(t, "victim")
	w.plant(t, dead, w.record(t, victim))
	one(t, w.none(t, w.Store, dead))
	// Nor does another state make one out of the other.
	record := w.record(t, victim)
	record[7] = 2
	w.plant(t, victim, record)
	one(t, w.none(t, w.Store, victim))
}

// What sealing cannot see, and the documentation says: an older genuine record in its own place, until it expires.
func TestReplay(t *testing.T) {
	w := newWorld(t, nil)
	token := w.commit(t, "older")
	older := w.record(t, token)
	must(t, w.Commit(token, []byte("newer"), w.expiry(2*time.Hour)))
	w.plant(t, token, older)
	w.has(t, w.Store, token, "older")
	must(t, w.Delete(token))
	w.plant(t, token, older)
	w.has(t, w.Store, token, "older")
	w.clock.pass(time.Hour - time.Millisecond)
	w.plant(t, token, older)
	w.has(t, w.Store, token, "older")
	w.clock.pass(time.Millisecond)
	w.plant(t, token, older)
	w.none(t, w.Store, token)
}

// Under GODEBUG=fips140=only, where XChaCha20-Poly1305 may not be used, NewStore and NewCodec say so, signing works, and
// nothing panics. The mode is for a whole process, so the test runs itself in one.
func TestFIPS(t *testing.T) {
	if os.Getenv("SEALRING_TEST_FIPS") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFIPS$")
		cmd.Env = append(os.Environ(), "GODEBUG=fips140=only", "SEALRING_TEST_FIPS=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	ring := ringOf(t, key("k"))
	_, err := sealedscs.NewStore(ring, sessions.NewMemoryStore(nil), nil)
	failsWith(t, err, sessions.ErrConfig)
	_, err = sealedscs.NewCodec(ring, nil)
	failsWith(t, err, sessions.ErrConfig)
	w := newWorld(t, &sealedscs.Options{Signed: true})
	token := w.commit(t, "data")
	w.has(t, w.Store, token, "data")
	must(t, w.Delete(token))
	w.none(t, w.Store, token)
	c := newCodec(t, ring, sealedscs.CodecOptions{Signed: true})
	if _, v, err := c.Decode(encode(t, c, values{"n": 1})); err != nil || v["n"] != 1 {
		t.Error(v, err)
	}
}

// What is deleted for being forged is what was judged, and not what has come in its place.
func TestJudgedBytes(t *testing.T) {
	w := newWorld(t, nil)
	token := w.commit(t, "data")
	genuine := w.record(t, token)
	w.plant(t, token, []byte("forged, at some length"))
	w.beneath.next("Delete", func() { w.plant(t, token, genuine) })
	if e := one(t, w.none(t, w.Store, token)); e.Deleted {
		t.Errorf("%+v", e)
	}
	w.has(t, w.Store, token, "data")

	w.plant(t, token, []byte("forged, at some length"))
	w.beneath.down("Delete")
	if e := one(t, w.none(t, w.Store, token)); e.Deleted || !errors.Is(e.Err, errDown) {
		t.Errorf("%+v", e)
	}
}

// A forged record keeps no session from being written, none from being deleted, and no deleted token alive.
func TestForgedInBetween(t *testing.T) {
	for name, forged := range map[string][]byte{
		"short":                          []byte("x"),
		"of a session":                   []byte("\x00\x00\x00\x00\x00\x00\x00\x01forged"),
		"of a deleted token":             []byte("\x00\x00\x00\x00\x00\x00\x00\x02forged"),
		"of neither":                     []byte("\x00\x00\x00\x00\x00\x00\x00\x03forged"),
		"of neither, under no known key": append([]byte("\x00\x00\x00\x00\x00\x00\x00\x03"), strangers(t)...),
		"of 100 MiB":                     append([]byte("\x00\x00\x00\x00\x00\x00\x00\x02"), make([]byte, 100<<20)...),
	} {
		w := newWorld(t, nil)
		token := w.commit(t, "data")
		w.plant(t, token, forged)
		err := w.Commit(token, []byte("more"), w.expiry(time.Hour))
		if version(forged) == 1 {
			must(t, err)
			w.has(t, w.Store, token, "more")
			w.plant(t, token, forged)
		} else {
			failsWith(t, err, sealedscs.ErrDeleted)
			one(t, w.log.take())
			w.plant(t, token, forged)
		}
		must(t, w.Delete(token))
		w.log.take()
		failsWith(t, w.Commit(token, []byte("slow"), w.expiry(time.Hour)), sealedscs.ErrDeleted)
		if events := w.none(t, w.Store, token); len(events) > 0 {
			t.Errorf("%s: the observer heard %+v", name, events)
		}
	}

	w := newWorld(t, nil)
	token := w.commit(t, "data")
	w.plant(t, token, []byte("x"))
	w.beneath.down("Delete")
	failsWith(t, w.Delete(token), sessions.ErrStore)
}

// strangers is an envelope of a stranger's key.
func strangers(t testing.TB) []byte {
	sealer, err := sealring.NewSealer(ringOf(t, key("stranger")), "scs", &sealring.Options{
		NeverExpires: true, Encrypt: true, Content: sealring.Raw,
	})
	must(t, err)
	b, err := sealer.AppendSealBinary(nil, []byte("data"), nil)
	must(t, err)
	return b
}

// An authentic body that no Store wrote is none, and is left alone.
func TestForeignBodies(t *testing.T) {
	w := newWorld(t, nil)
	sealer, err := sealring.NewSealer(w.ring, "scs", &sealring.Options{
		NeverExpires: true, Encrypt: true, Content: sealring.Raw, Now: w.clock.Now,
	})
	must(t, err)
	for _, body := range []string{"", "short", strings.Repeat("\x00", 8), "\x7f\xff\xff\xff\xff\xff\xff\xff\x05toke"} {
		token := newToken()
		id := idOf(token)
		state := "\x00\x00\x00\x00\x00\x00\x00\x01"
		bind, err := sealring.Bind(string(id[:]), state)
		must(t, err)
		record, err := sealer.AppendSealBinary([]byte(state), []byte(body), bind)
		must(t, err)
		w.plant(t, token, record)
		if e := one(t, w.none(t, w.Store, token)); e.Class != sealring.ErrBadPayload || e.Deleted {
			t.Errorf("%q: %+v", body, e)
		}
	}
}

func TestOtherPurposes(t *testing.T) {
	w := newWorld(t, nil)
	other := w.node(t, w.ring, &sealedscs.Options{Purpose: "other"})
	token := w.commit(t, "data")
	record := w.record(t, token)
	if e := one(t, w.none(t, other, token)); e.Class != sealring.ErrBadSignature {
		t.Errorf("%+v", e)
	}
	w.plant(t, token, record)
	w.has(t, w.Store, token, "data")
}

func TestHugeRecords(t *testing.T) {
	w := newWorld(t, &sealedscs.Options{MaxRecord: 1000})
	failsWith(t, w.Commit(newToken(), make([]byte, 1000), w.expiry(time.Hour)), sessions.ErrSeal)
	if calls := w.beneath.counted(); len(calls) > 0 {
		t.Errorf("the store was asked: %v", calls)
	}
	token := w.commit(t, "data")
	w.plant(t, token, append(w.record(t, token), make([]byte, 100<<20)...))
	if e := one(t, w.none(t, w.Store, token)); e.Class != sealring.ErrTooLarge || e.Deleted {
		t.Errorf("%+v", e)
	}
}

func TestRotation(t *testing.T) {
	w := newWorld(t, nil)
	now := w.clock.Now()
	a, b := key("a"), key("b")
	a.SealFrom, b.SealFrom = now.Add(-time.Hour), now.Add(time.Hour)
	must(t, w.ring.Replace(a))
	token := w.commit(t, "data")

	// A node that has b already seals with a, and one that has b alone finds no session, reports it, and leaves it.
	must(t, w.ring.Replace(a, b))
	w.has(t, w.Store, token, "data")
	late := w.node(t, ringOf(t, b), &w.options)
	if e := one(t, w.none(t, late, token)); e.Class != sealring.ErrUnknownKey || e.Deleted {
		t.Errorf("%+v", e)
	}
	w.has(t, w.Store, token, "data")

	// From b's time on, what is written is b's.
	w.clock.pass(time.Hour)
	must(t, w.Commit(token, []byte("more"), w.expiry(time.Hour)))
	w.has(t, late, token, "more")
	gone := w.commit(t, "gone")
	must(t, w.Delete(gone))

	// A deletion counts for nodes that do not have its key: they write nothing over it.
	early := w.node(t, ringOf(t, a), &w.options)
	failsWith(t, early.Commit(gone, []byte("slow"), w.expiry(time.Hour)), sealedscs.ErrDeleted)
	must(t, early.Delete(gone))
	w.log.take()
	w.none(t, late, gone)

	// With its key closed, a session is gone.
	token = w.commit(t, "data")
	b.OpenUntil = w.expiry(time.Minute)
	c := key("c")
	must(t, w.ring.Replace(b, c))
	w.has(t, w.Store, token, "data")
	w.clock.pass(time.Minute)
	w.none(t, w.Store, token)
}

// Where no key seals, nothing is written, and logging out works.
func TestNoPrimaryKey(t *testing.T) {
	w := newWorld(t, nil)
	token, dead := w.commit(t, "data"), w.commit(t, "dead")
	must(t, w.Delete(dead))
	staged := key("staged")
	staged.SealFrom = w.expiry(time.Hour)
	idle := w.node(t, ringOf(t, staged), &w.options)
	failsWith(t, idle.Commit(newToken(), nil, w.expiry(time.Hour)), sessions.ErrSeal)
	err := idle.Delete(token)
	failsWith(t, err, sessions.ErrSeal)
	if !errors.Is(err, sealring.ErrNoPrimaryKey) || w.record(t, token) != nil {
		t.Errorf("%v, and a record of %d bytes", err, len(w.record(t, token)))
	}
	failsWith(t, idle.Delete(dead), sessions.ErrSeal)
	if w.record(t, dead) == nil {
		t.Error("the store has forgotten what was deleted")
	}
	w.beneath.down("Save")
	failsWith(t, idle.Delete(token), sessions.ErrStore)
}

// That the store is down is never "no session".
func TestStoreDown(t *testing.T) {
	w := newWorld(t, &sealedscs.Options{Iterable: true})
	token := w.commit(t, "data")
	for _, test := range []struct {
		method string
		do     func() error
	}{
		{"Load", func() error { _, _, err := w.Find(token); return err }},
		{"Save", func() error { return w.Commit(token, nil, w.expiry(time.Hour)) }},
		{"Enter", func() error { return w.Commit(token, nil, w.expiry(time.Hour)) }},
		{"Save", func() error { return w.Delete(token) }},
		{"List", func() error { _, err := w.All(); return err }},
		{"Load", func() error { _, err := w.All(); return err }},
	} {
		w.beneath.down(test.method)
		err := test.do()
		failsWith(t, err, sessions.ErrStore)
		if !errors.Is(err, errDown) {
			t.Errorf("%s: %v", test.method, err)
		}
		w.beneath.down()
		w.has(t, w.Store, token, "data")
	}

	w.beneath.short = true
	_, _, err := w.Find(token)
	failsWith(t, err, sessions.ErrStore)
	w.beneath.short = false

	// In the middle: of a token that is deleted, and of one that is to be.
	dead := w.commit(t, "dead")
	must(t, w.Delete(dead))
	w.beneath.down("Load")
	failsWith(t, w.Commit(dead, nil, w.expiry(time.Hour)), sessions.ErrStore)
	failsWith(t, w.Delete(dead), sessions.ErrStore)

	// What need not be done is told to the observer alone.
	w.beneath.down("Leave")
	must(t, w.Delete(token))
	if e := one(t, w.log.take()); e.Class != sessions.ErrStore || !errors.Is(e.Err, errDown) {
		t.Errorf("%+v", e)
	}
}

func TestAll(t *testing.T) {
	w := newWorld(t, nil)
	_, err := w.All()
	failsWith(t, err, sessions.ErrConfig)
	if !strings.Contains(err.Error(), "Options.Iterable") {
		t.Errorf("%q does not say how", err)
	}

	before := w.commit(t, "before")
	iterable := sealedscs.Options{Iterable: true}
	w.Store = w.node(t, w.ring, &iterable)
	if all, err := w.All(); err != nil || all == nil || len(all) > 0 {
		t.Errorf("all %v, %v; want an empty map", all, err)
	}
	want := map[string]string{}
	for i := range 150 { // more than a batch
		data := fmt.Sprint(i)
		want[w.commit(t, data)] = data
	}
	check := func() {
		t.Helper()
		all, err := w.All()
		must(t, err)
		got := map[string]string{}
		for token, data := range all {
			got[token] = string(data)
		}
		if !maps.Equal(got, want) {
			t.Errorf("%d sessions, want %d", len(got), len(want))
		}
	}
	check()
	must(t, w.Commit(before, []byte("before"), w.expiry(time.Hour)))
	want[before] = "before"
	check()
	must(t, w.Delete(before))
	delete(want, before)
	check()

	// A forged one is left out and reported, one without a token left out, one that expires gone.
	forged, plain := w.commit(t, "forged"), w.commit(t, "plain")
	w.plant(t, forged, []byte("forged, at some length"))
	must(t, w.node(t, w.ring, new(sealedscs.Options)).Commit(plain, []byte("plain"), w.expiry(time.Hour)))
	check()
	one(t, w.log.take())
	w.clock.pass(time.Hour)
	clear(want)
	check()
	// Two purposes have two lists.
	w.commit(t, "mine")
	other := w.node(t, w.ring, &sealedscs.Options{Iterable: true, Purpose: "other"})
	if all, err := other.All(); err != nil || len(all) > 0 {
		t.Errorf("all %v, %v", all, err)
	}
}

// Slices are copied on their way in and out.
func TestSlices(t *testing.T) {
	w := newWorld(t, &sealedscs.Options{Iterable: true})
	token, data := newToken(), []byte("data")
	must(t, w.Commit(token, data, w.expiry(time.Hour)))
	data[0] = 'X'
	got, _, err := w.Find(token)
	must(t, err)
	got[0] = 'Y'
	_ = append(got, "more"...)
	all, err := w.All()
	must(t, err)
	all[token][0] = 'Z'
	w.has(t, w.Store, token, "data")
}

func TestConfiguration(t *testing.T) {
	ring, beneath := ringOf(t, key("k")), sessions.NewMemoryStore(nil)
	for name, o := range map[string]*sealedscs.Options{
		"a negative time":             {DeletedFor: -time.Second},
		"parts of a millisecond":      {DeletedFor: time.Microsecond},
		"tokens that could be read":   {Iterable: true, Signed: true},
		"a negative size":             {MaxRecord: -1},
		"a size of more than a GiB":   {MaxRecord: 1<<30 + 1},
		"a purpose that is no ASCII":  {Purpose: "séance"},
		"a purpose of 256 characters": {Purpose: strings.Repeat("x", 256)},
	} {
		s, err := sealedscs.NewStore(ring, beneath, o)
		if failsWith(t, err, sessions.ErrConfig); s != nil {
			t.Errorf("%s: a store beside an error", name)
		}
	}
	_, err := sealedscs.NewStore(nil, beneath, nil)
	failsWith(t, err, sessions.ErrConfig)
	_, err = sealedscs.NewStore(ring, nil, nil)
	failsWith(t, err, sessions.ErrConfig)

	// By the system's clock, and without an observer.
	s, err := sealedscs.NewStore(ring, beneath, nil)
	must(t, err)
	token := newToken()
	must(t, s.Commit(token, []byte("data"), time.Now().Add(time.Hour)))
	if _, found, err := s.Find(token); err != nil || !found {
		t.Error(found, err)
	}
	_, err = beneath.Delete(t.Context(), idOf(token), nil)
	must(t, err)
	_, err = beneath.Save(t.Context(), idOf(token), 0, []byte("forged, at some length"), time.Now().Add(time.Hour))
	must(t, err)
	if _, found, err := s.Find(token); err != nil || found {
		t.Error(found, err)
	}
}
