package sessions_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

// What does not open reads as no session; whether it is deleted depends on whether it can be somebody's.
func TestRecordsThatDoNotOpen(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	genuine := w.record(t, s.ID())
	envelope := genuine[8:]
	change := func(at int, to byte) []byte {
		r := bytes.Clone(genuine)
		r[8+at] = to
		return r
	}
	other := w.create(t)
	large, err := w.Create(w.ctx, cart{Items: []string{strings.Repeat("x", 512)}})
	must(t, err)

	otherType, err := sessions.New[string](w.ring, w.store, &sessions.Options{Now: w.clock.Now})
	must(t, err)
	text, err := otherType.Create(w.ctx, "text")
	must(t, err)
	rawCodec, err := sealring.NewCodec[string](w.ring, "session", &sealring.Options{TTL: time.Hour, Content: sealring.Raw, Now: w.clock.Now})
	must(t, err)
	bound := hash(t, s.ID())
	raw, err := rawCodec.For(string(bound[:]), string(genuine[:8])).AppendSealBinary(bytes.Clone(genuine[:8]), "raw")
	must(t, err)

	for _, test := range []struct {
		name    string
		manager *sessions.Manager[cart]
		id      string
		record  []byte
		want    error
		deleted bool
	}{
		{"no bytes", w.Manager, s.ID(), []byte{}, sealring.ErrMalformed, true},
		{"seven bytes", w.Manager, s.ID(), genuine[:7], sealring.ErrMalformed, true},
		{"a version alone", w.Manager, s.ID(), genuine[:8], sealring.ErrMalformed, true},
		{"text", w.Manager, s.ID(), []byte("not a record of ours"), sealring.ErrMalformed, true},
		{"no version", w.Manager, s.ID(), envelope, sealring.ErrMalformed, true},
		{"a changed byte", w.Manager, s.ID(), change(len(envelope)-1, envelope[len(envelope)-1]+1), sealring.ErrBadSignature, true},
		{"another version", w.Manager, s.ID(), append([]byte{0, 0, 0, 0, 0, 0, 0, 2}, envelope...), sealring.ErrBadSignature, true},
		{"version 0", w.Manager, s.ID(), append(make([]byte, 8), envelope...), sealring.ErrBadSignature, true},
		{"another's record", w.Manager, s.ID(), w.record(t, other.ID()), sealring.ErrBadSignature, true},
		{"of another purpose", w.node(t, w.ring, &sessions.Options{Purpose: "admin"}), s.ID(), genuine, sealring.ErrBadSignature, true},

		{"a newer format", w.Manager, s.ID(), append(bytes.Clone(genuine[:8]), "\xb2\xbe\x7f and whatever follows it"...), sealring.ErrUnsupportedVersion, false},
		{"an unknown suite", w.Manager, s.ID(), change(3, 9), sealring.ErrUnsupported, false},
		{"an unknown key", w.node(t, mustRing(t, key("k2", time.Time{})), nil), s.ID(), genuine, sealring.ErrUnknownKey, false},
		{"a content not accepted", w.Manager, s.ID(), raw, sealring.ErrRefused, false},
		{"another type", w.Manager, text.ID(), w.record(t, text.ID()), sealring.ErrBadPayload, false},
		{"too large", w.node(t, w.ring, &sessions.Options{MaxRecord: 512}), large.ID(), w.record(t, large.ID()), sealring.ErrTooLarge, false},
		{"huge", w.Manager, s.ID(), append(bytes.Clone(genuine), make([]byte, 10<<20)...), sealring.ErrTooLarge, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.plant(t, test.id, test.record)
			got, err := test.manager.Load(w.ctx, test.id)
			failsWith(t, err, sessions.ErrNoSession)
			if got != nil {
				t.Error("a session beside an error")
			}
			e := w.log.one(t)
			if e.Class != test.want || e.Deleted != test.deleted || e.Err != nil || len(e.Handle) != 22 || !strings.HasPrefix(storeText(t, test.id), e.Handle[:21]) {
				t.Errorf("the observer heard %+v, want %v, deleted %v", e, test.want, test.deleted)
			}
			if there := w.record(t, test.id) != nil; there == test.deleted {
				t.Errorf("the record is there: %v", there)
			}
		})
	}
}

// storeText is the text of what the store knows a session by.
func storeText(t *testing.T, id string) string {
	t.Helper()
	h := hash(t, id)
	return encode(h[:])
}

// A record that came in the place of the judged one stays.
func TestDeletionOfTheJudged(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	genuine := w.record(t, s.ID())
	w.plant(t, s.ID(), []byte("forged"))
	w.store.next("Delete", func() { w.plant(t, s.ID(), genuine) })
	w.dead(t, s.ID())
	if e := w.log.one(t); e.Deleted || e.Err != nil {
		t.Errorf("the observer heard %+v", e)
	}
	w.loads(t, s.ID())
}

// That a forged record cannot be deleted makes it no session, and no outage.
func TestDeletionFails(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	w.plant(t, s.ID(), []byte("forged"))
	w.store.down("Delete")
	w.dead(t, s.ID())
	if e := w.log.one(t); e.Class != sealring.ErrMalformed || e.Deleted || !errors.Is(e.Err, errDown) {
		t.Errorf("the observer heard %+v", e)
	}
}

// Sessions that were made with other options open, and are then written as the options of today say.
func TestChangedOptions(t *testing.T) {
	for name, options := range map[string][2]*sessions.Options{
		"signed to encrypted": {{Signed: true}, nil},
		"encrypted to signed": {nil, {Signed: true}},
		"json to messagepack": {nil, {Content: sealring.MessagePack}},
		"messagepack to json": {{Content: sealring.MessagePack}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, options[0])
			s := w.create(t)
			before := w.record(t, s.ID())
			now := w.node(t, w.ring, options[1])
			got, err := now.Load(w.ctx, s.ID())
			must(t, err)
			if !got.Stale() {
				t.Error("not stale")
			}
			must(t, now.Touch(w.ctx, got))
			got, err = now.Load(w.ctx, s.ID())
			must(t, err)
			if got.Stale() || bytes.Equal(w.record(t, s.ID()), before) {
				t.Error("not written anew")
			}
			w.loads(t, s.ID())
		})
	}
}

// A type that MessagePack has no form for is one for JSON alone.
func TestTypeForJSONAlone(t *testing.T) {
	store := sessions.NewMemoryStore(nil)
	manager, err := sessions.New[map[int]string](newWorld(t, nil).ring, store, nil)
	must(t, err)
	s, err := manager.Create(t.Context(), map[int]string{1: "one"})
	must(t, err)
	got, err := manager.Load(t.Context(), s.ID())
	must(t, err)
	if got.Value()[1] != "one" {
		t.Errorf("the value %v", got.Value())
	}
	if _, err := sessions.New[map[int]string](newWorld(t, nil).ring, store, &sessions.Options{Content: sealring.MessagePack}); !errors.Is(err, sessions.ErrConfig) {
		t.Errorf("error %v", err)
	}
}

// An older record that somebody puts back opens, as the documentation says, but not in the place of a version.
func TestRollback(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	first := w.record(t, s.ID())
	s.Set(cart{N: 2})
	must(t, w.Save(w.ctx, s))
	w.plant(t, s.ID(), first)
	if got := w.loads(t, s.ID()); got.Value().N != 1 {
		t.Errorf("the value %v", got.Value())
	}
	failsWith(t, w.Save(w.ctx, s), sessions.ErrConflict)
}
