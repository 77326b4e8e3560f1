package sessions_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

const privateItem = "private-item"

// Nothing that holds a session prints its ID, its value or its subject.
func TestNothingPrintsASecret(t *testing.T) {
	w := newWorld(t, &sessions.Options{SubjectSecret: sealring.GenerateKey().Secret})
	s := w.New(cart{})
	must(t, w.SignIn(w.ctx, s, "private-subject", "private-label", cart{Items: []string{privateItem}}))
	web, err := sessions.NewWeb(w.Manager, nil)
	must(t, err)
	raw, err := base64.RawURLEncoding.DecodeString(s.ID())
	must(t, err)
	holdsNone := func(what, output string) {
		t.Helper()
		for _, form := range []string{s.ID(), s.ID()[:20], fmt.Sprintf("%x", raw)[:20], string(raw), fmt.Sprint(raw)[1:20], "private"} {
			if strings.Contains(output, form) {
				t.Errorf("%s shows a secret", what)
			}
		}
	}
	type hidden struct {
		session  *sessions.Session[cart]
		value    sessions.Session[cart]
		manager  *sessions.Manager[cart]
		sessions []sessions.Session[cart]
	}
	for name, held := range map[string]any{
		"session": s, "value": *s, "in a struct": struct{ S any }{s}, "in a map": map[string]any{"s": s},
		"in a slice": []*sessions.Session[cart]{s}, "manager": w.Manager, "web": web, "pointer": &s,
		"out of reach": hidden{s, *s, w.Manager, []sessions.Session[cart]{*s}},
	} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%t", "%20v"} {
			holdsNone(name+" under "+verb, fmt.Sprintf(verb, held))
		}
		text, _ := json.Marshal(held)
		holdsNone(name+" in JSON", string(text))
		text, _ = xml.Marshal(held)
		holdsNone(name+" in XML", string(text))
		var b bytes.Buffer
		gob.NewEncoder(&b).Encode(held)
		slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "held", held)
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "held", held)
		holdsNone(name+" in gob and slog", b.String())
	}
	for _, want := range []string{"session(" + s.Handle() + ")"} {
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("x", "s", s)
		if fmt.Sprint(s) != want || fmt.Sprintf("%#v", *s) != want || !strings.Contains(b.String(), "s="+want) {
			t.Errorf("a session prints as %v, and in slog %s", s, b.String())
		}
	}
	if got := fmt.Sprint(sessions.Session[cart]{}); got != "session()" {
		t.Errorf("none prints as %s", got)
	}
	if got := fmt.Sprintf("%+v", w.Manager); got != "sessions(codec(session, keyring(k1)))" {
		t.Errorf("a manager prints as %s", got)
	}
}

// No error and no event holds anything of a session.
func TestErrorsSayNothingOfTheirCause(t *testing.T) {
	w := newWorld(t, nil)
	s := w.New(cart{})
	must(t, w.SignIn(w.ctx, s, "private-subject", "private-label", cart{Items: []string{"x"}}))
	id := s.ID()
	var said []any
	s.Set(cart{Items: []string{privateItem + "\xff"}})
	said = append(said, w.Save(w.ctx, s))
	w.store.down("Load", "Save", "Delete", "Enter")
	_, err := w.Load(w.ctx, id)
	said = append(said, err, w.SignIn(w.ctx, s, "private-subject", "private", cart{}), w.Invalidate(w.ctx, s))
	w.store.down()
	w.plant(t, id, []byte(privateItem))
	_, err = w.Load(w.ctx, id)
	said = append(said, err)
	for _, e := range w.log.take() {
		said = append(said, e)
	}
	if len(said) < 7 {
		t.Fatalf("only %d", len(said))
	}
	for i, x := range said {
		text := fmt.Sprintf("%v %+v", x, x)
		if strings.Contains(text, "private") || strings.Contains(text, id) {
			t.Errorf("%d: %s", i, text)
		}
	}
}

// The store learns no ID and no name, and with a secret it can not even try names.
func TestWhatTheStoreSees(t *testing.T) {
	secret := sealring.GenerateKey().Secret
	seen := map[string][32]byte{}
	for name, options := range map[string]*sessions.Options{
		"plain": nil, "secret": {SubjectSecret: secret}, "same secret": {SubjectSecret: secret},
		"other secret": {SubjectSecret: sealring.GenerateKey().Secret},
	} {
		w := newWorld(t, options)
		recorder := &subjects{Store: w.store}
		o := sessions.Options{}
		if options != nil {
			o = *options
		}
		m, err := sessions.New[cart](w.ring, recorder, &o)
		must(t, err)
		s := m.New(cart{})
		must(t, m.SignIn(w.ctx, s, "alice", "", cart{}))
		seen[name] = recorder.last
	}
	if seen["plain"] == seen["secret"] || seen["secret"] != seen["same secret"] || seen["secret"] == seen["other secret"] {
		t.Errorf("the store sees %x", seen)
	}
	if want := sha256.Sum256([]byte("sealring/v1/session-subject\x00alice")); seen["plain"] != want {
		t.Errorf("the store sees %x, want %x", seen["plain"], want)
	}
}

func TestTimesAreUTC(t *testing.T) {
	w := newWorld(t, nil)
	s := w.create(t)
	for _, at := range []time.Time{s.Created(), s.LastSeen(), s.Ends()} {
		if at.Location() != time.UTC {
			t.Errorf("%v", at)
		}
	}
}

// A subjects is a store that remembers under whom a session was listed last.
type subjects struct {
	sessions.Store
	last [32]byte
}

func (s *subjects) Enter(ctx context.Context, subject, id [32]byte, at, expires time.Time) (time.Time, error) {
	s.last = subject
	return s.Store.Enter(ctx, subject, id, at, expires)
}
