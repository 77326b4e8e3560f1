package interop

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gorilla "github.com/gorilla/securecookie"
	gorillasessions "github.com/gorilla/sessions"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions/sealedgorilla"
)

// What gorilla asks codecs for, of ours for what is new and for what is old.
var (
	_ gorilla.Codec         = (*sealedgorilla.Codec)(nil)
	_ gorilla.Codec         = sealedgorilla.Legacy{}
	_ sealedgorilla.Decoder = (*gorilla.SecureCookie)(nil)
)

func sealedCodec(t *testing.T, ring *sealring.Keyring, o *sealedgorilla.Options) *sealedgorilla.Codec {
	t.Helper()
	codec, err := sealedgorilla.NewCodec(ring, o)
	if err != nil {
		t.Fatal(err)
	}
	return codec
}

// visit is a request with cookies to a store, of which f changes the session. It returns the cookie that is set.
func visit(t *testing.T, store gorillasessions.Store, cookies []*http.Cookie, f func(*gorillasessions.Session, error)) *http.Cookie {
	t.Helper()
	request := httptest.NewRequest("GET", "/", nil)
	for _, c := range cookies {
		request.AddCookie(c)
	}
	session, err := store.Get(request, "session")
	f(session, err)
	response := httptest.NewRecorder()
	if err := session.Save(request, response); err != nil {
		t.Fatal(err)
	}
	set := response.Result().Cookies()
	if len(set) != 1 {
		t.Fatalf("cookies %v", set)
	}
	return set[0]
}

// finds checks that the session is one from before, with a value.
func finds(t *testing.T, key, want any) func(*gorillasessions.Session, error) {
	return func(s *gorillasessions.Session, err error) {
		t.Helper()
		if err != nil || s.IsNew || !cmp.Equal(s.Values[key], want) {
			t.Errorf("a session %v, %v, %v; want %v", s.Values, s.IsNew, err, want)
		}
	}
}

func TestGorillaCookieStore(t *testing.T) {
	old, next := sealring.GenerateKey(), sealring.GenerateKey()
	ring, err := sealring.NewKeyring(old)
	if err != nil {
		t.Fatal(err)
	}
	store := gorillasessions.NewCookieStore()
	store.Codecs = []gorilla.Codec{sealedCodec(t, ring, nil)}
	cookie := visit(t, store, nil, func(s *gorillasessions.Session, err error) {
		if err != nil || !s.IsNew {
			t.Errorf("%v, %v", s.IsNew, err)
		}
		s.Values["user"], s.Values[7] = 123, []byte("bytes")
		s.AddFlash("welcome")
	})
	if !strings.HasPrefix(cookie.Value, "sr1_") || cookie.Name != "session" || cookie.MaxAge != 30*24*3600 {
		t.Errorf("the cookie %v", cookie)
	}
	cookie = visit(t, store, []*http.Cookie{cookie}, func(s *gorillasessions.Session, err error) {
		finds(t, "user", 123)(s, err)
		finds(t, 7, []byte("bytes"))(s, err)
		if flashes := s.Flashes(); !cmp.Equal(flashes, []any{"welcome"}) {
			t.Errorf("flashes %v", flashes)
		}
	})

	// One that was tampered with is a new session that works, and an error that gorilla knows as the browser's.
	forged := *cookie
	forged.Value = forged.Value[:len(forged.Value)-1] + "A"
	if forged.Value == cookie.Value {
		forged.Value = forged.Value[:len(forged.Value)-1] + "E"
	}
	renamed := *cookie
	renamed.Name = "other"
	visit(t, store, []*http.Cookie{&forged}, func(s *gorillasessions.Session, err error) {
		var known gorilla.Error
		if !s.IsNew || len(s.Values) != 0 || !errors.As(err, &known) || !known.IsDecode() || known.IsUsage() || known.IsInternal() {
			t.Errorf("forged: %v, %v, %v", s.Values, s.IsNew, err)
		}
		s.Values["user"] = 8
	})
	request := httptest.NewRequest("GET", "/", nil)
	request.AddCookie(&renamed)
	if s, err := store.Get(request, "other"); err == nil || !s.IsNew || len(s.Values) != 0 {
		t.Errorf("under another name: %v, %v", s.Values, err)
	}

	// What browsers would drop is an error, and gorilla knows it as the program's.
	request = httptest.NewRequest("GET", "/", nil)
	session, err := store.Get(request, "session")
	if err != nil {
		t.Fatal(err)
	}
	session.Values["large"] = strings.Repeat("x", 4000)
	response := httptest.NewRecorder()
	err = session.Save(request, response)
	var known gorilla.Error
	if !errors.As(err, &known) || !known.IsUsage() || known.IsDecode() || len(response.Result().Cookies()) != 0 {
		t.Errorf("too large: %v", err)
	}

	// Rotated in the middle.
	next.SealFrom = time.Now().Add(-time.Minute)
	if err := ring.Replace(old, next); err != nil {
		t.Fatal(err)
	}
	cookie = visit(t, store, []*http.Cookie{cookie}, finds(t, "user", 123))
	if err := ring.Replace(next); err != nil {
		t.Fatal(err)
	}
	visit(t, store, []*http.Cookie{cookie}, finds(t, "user", 123))
}

// A service moves over: gorilla's cookies open until the end of the move, and nothing is written with its keys any more.
func TestGorillaMovingOver(t *testing.T) {
	hashKey, blockKey := []byte("0123456789abcdef0123456789abcdef"), []byte("fedcba9876543210")
	before := gorillasessions.NewCookieStore(hashKey, blockKey)
	cookie := visit(t, before, nil, func(s *gorillasessions.Session, _ error) { s.Values["user"] = 123 })

	end := time.Now().Add(time.Hour)
	legacy := sealedgorilla.Legacy{Decoder: gorilla.CodecsFromPairs(hashKey, blockKey)[0], Until: end}
	store := gorillasessions.NewCookieStore()
	store.Codecs = []gorilla.Codec{sealedCodec(t, sealedRing(t), nil), legacy}
	moved := visit(t, store, []*http.Cookie{cookie}, finds(t, "user", 123))
	if !strings.HasPrefix(moved.Value, "sr1_") {
		t.Errorf("the cookie %v", moved)
	}
	visit(t, store, []*http.Cookie{moved}, finds(t, "user", 123))
	if _, err := gorilla.EncodeMulti("session", map[any]any{"x": strings.Repeat("x", 4000)}, store.Codecs...); err == nil {
		t.Error("what does not seal was written with the old keys")
	}

	legacy.Now = func() time.Time { return end }
	store.Codecs[1] = legacy
	visit(t, store, []*http.Cookie{cookie}, func(s *gorillasessions.Session, err error) {
		if err == nil || !s.IsNew || len(s.Values) > 0 {
			t.Errorf("after the end: %v, %v", s.Values, err)
		}
	})
	visit(t, store, []*http.Cookie{moved}, finds(t, "user", 123))

	// The other order, as while only some nodes write what is new: each opens the other's.
	store.Codecs = append(gorilla.CodecsFromPairs(hashKey, blockKey), store.Codecs[0])
	visit(t, store, []*http.Cookie{moved}, finds(t, "user", 123))
	visit(t, store, []*http.Cookie{cookie}, finds(t, "user", 123))
}

// The store that keeps files: its cookie holds an ID, and its files the values.
func TestGorillaFilesystemStore(t *testing.T) {
	store := gorillasessions.NewFilesystemStore(t.TempDir())
	store.Codecs = []gorilla.Codec{sealedCodec(t, sealedRing(t), &sealedgorilla.Options{MaxLength: 1 << 20})}
	large := strings.Repeat("x", 100_000)
	cookie := visit(t, store, nil, func(s *gorillasessions.Session, _ error) { s.Values["large"] = large })
	visit(t, store, []*http.Cookie{cookie}, finds(t, "large", large))
}
