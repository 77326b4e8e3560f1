package sessions_test

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/sealring/sealring/sessions"
)

// FuzzID: whatever text comes for an ID, it is one that its bytes have as their only text, or the store is not asked; and
// it is no session.
func FuzzID(f *testing.F) {
	f.Add("")                                             // nothing
	f.Add(strings.Repeat("A", 43))                        // 32 bytes of zeros
	f.Add(strings.Repeat("_", 42) + "8")                  // 32 bytes of ones
	f.Add(strings.Repeat("A", 42) + "B")                  // trailing bits
	f.Add(strings.Repeat("A", 42) + "\n")                 // a line feed, which encoding/base64 skips
	f.Add(strings.Repeat("A", 43) + "=")                  // padding
	f.Add(strings.Repeat("A", 42) + "+")                  // the other alphabet
	f.Add(strings.Repeat("\u00e9", 21) + "A")             // not ASCII
	f.Add("sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHp7InVzZXJf") // a token
	w := newWorld(f, nil)
	f.Fuzz(func(t *testing.T, text string) {
		w.store.counted()
		s, err := w.Load(t.Context(), text)
		if s != nil || !errors.Is(err, sessions.ErrNoSession) {
			t.Fatalf("%v, %v", s, err)
		}
		calls := w.store.counted()
		b, err := base64.RawURLEncoding.DecodeString(text)
		isID := err == nil && len(b) == 32 && encode(b) == text
		if isID != (calls["Load"] == 1) || len(calls) > 1 {
			t.Fatalf("an ID: %v, and the calls %v", isID, calls)
		}
	})
}

// FuzzRecord: whatever the store has for a session, it is the record that was sealed for it, or no session.
func FuzzRecord(f *testing.F) {
	w := newWorld(f, nil)
	s := w.signedIn(f, "alice")
	id, genuine := s.ID(), string(w.record(f, s.ID()))
	f.Add("")                               // nothing
	f.Add(genuine[:7])                      // less than a version
	f.Add(genuine[:8])                      // a version alone
	f.Add(genuine)                          // the record
	f.Add(genuine[8:])                      // without a version
	f.Add("\x00" + genuine)                 // shifted
	f.Add(genuine + "\x00")                 // longer
	f.Add(genuine[:len(genuine)-1])         // shorter
	f.Add(genuine[:11] + "\x01" + genuine)  // another suite
	f.Add(strings.Repeat("\xff", 300))      // the highest version
	f.Add(genuine[:13] + "\x20" + "short")  // a key ID longer than what follows
	f.Add(genuine[:8] + "sr1_AQEIAZt22qgA") // text for binary
	f.Fuzz(func(t *testing.T, record string) {
		w.plant(t, id, []byte(record))
		got, err := w.Load(t.Context(), id)
		if (err == nil) != (record == genuine) || (got == nil) != (err != nil) {
			t.Fatalf("genuine: %v, and %v, %v", record == genuine, got, err)
		}
		if err != nil && !errors.Is(err, sessions.ErrNoSession) {
			t.Fatal(err)
		}
		w.log.take()
	})
}

// FuzzCookie: whatever stands in the Cookie header, a session is one that was given out, and no cookie is set or deleted
// for it, with a store and without one.
func FuzzCookie(f *testing.F) {
	stored, storeless := newSite(f, nil), newStoreless(f, nil, nil)
	id, token := cookie(f, stored.do(f, stored.signIn)).Value, cookie(f, storeless.do(f, storeless.signIn)).Value
	const name = "__Host-session="
	f.Add("")                                        // no cookie
	f.Add(name)                                      // an empty one
	f.Add(name + id)                                 // an ID
	f.Add(name + token)                              // a sealed session
	f.Add(name + `"` + id + `"`)                     // quoted
	f.Add(name + id + "; " + name + id)              // twice
	f.Add(name + id + "; " + name + token)           // two
	f.Add(name + token[:100])                        // truncated
	f.Add("session=" + id)                           // another name
	f.Add(name + "sr1_" + strings.Repeat("A", 5000)) // longer than a cookie
	f.Add(" ;;=; " + name + "\x00\xff;" + name)      // junk
	f.Fuzz(func(t *testing.T, header string) {
		for _, s := range []*site{stored, storeless} {
			r := httptest.NewRequest("GET", "https://example.com/", nil)
			r.Header["Cookie"] = []string{header}
			rec := httptest.NewRecorder()
			s.web.Handler(http.HandlerFunc(s.show)).ServeHTTP(rec, r)
			noCookie(t, rec.Result())
			if got := rec.Body.String(); got != "none" && (got != "alice xx" || !strings.Contains(header, id) && !strings.Contains(header, token)) {
				t.Fatalf("answer %q", got)
			}
			s.log.take()
		}
	})
}
