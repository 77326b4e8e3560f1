package interop

import (
	"context"
	"crypto/sha256"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/alexedwards/scs/v2"
	"github.com/alexedwards/scs/v2/memstore"
	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/redistest"
	"github.com/sealring/sealring/redisstore"
	"github.com/sealring/sealring/sessions"
	"github.com/sealring/sealring/sessions/sealedscs"
)

// What scs asks its stores and codecs for.
var (
	_ scs.Store            = (*sealedscs.Store)(nil)
	_ scs.CtxStore         = (*sealedscs.Store)(nil)
	_ scs.IterableStore    = (*sealedscs.Store)(nil)
	_ scs.IterableCtxStore = (*sealedscs.Store)(nil)
	_ scs.Codec            = (*sealedscs.Codec)(nil)
)

func sealedRing(t *testing.T) *sealring.Keyring {
	t.Helper()
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// An application is one that scs's users have: its handlers are told by the path.
type application struct {
	*scs.SessionManager
	*httptest.Server
	slow chan chan struct{} // a slow request that has loaded its session, waiting to be closed

	mu     sync.Mutex
	failed []error
}

func newApplication(t *testing.T) *application {
	t.Helper()
	a := &application{SessionManager: scs.New(), slow: make(chan chan struct{})}
	a.ErrorFunc = func(w http.ResponseWriter, _ *http.Request, err error) {
		a.mu.Lock()
		a.failed = append(a.failed, err)
		a.mu.Unlock()
		http.Error(w, "failed", http.StatusServiceUnavailable)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/sign-in", func(w http.ResponseWriter, r *http.Request) {
		if err := a.RenewToken(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		a.Put(r.Context(), "user", r.FormValue("user"))
	})
	mux.HandleFunc("/put", func(_ http.ResponseWriter, r *http.Request) { a.Put(r.Context(), "n", a.GetInt(r.Context(), "n")+1) })
	mux.HandleFunc("/get", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %d", a.GetString(r.Context(), "user"), a.GetInt(r.Context(), "n"))
	})
	mux.HandleFunc("/slow", func(_ http.ResponseWriter, r *http.Request) {
		wait := make(chan struct{})
		a.slow <- wait
		<-wait
		a.Put(r.Context(), "slow", true)
	})
	mux.HandleFunc("/sign-out", func(w http.ResponseWriter, r *http.Request) {
		if err := a.Destroy(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
		}
	})
	a.Server = httptest.NewServer(a.LoadAndSave(mux))
	t.Cleanup(a.Close)
	return a
}

// errors returns what was answered with an error since it was last asked.
func (a *application) errors() []error {
	a.mu.Lock()
	defer a.mu.Unlock()
	failed := a.failed
	a.failed = nil
	return failed
}

// browser returns a client with a jar of cookies.
func (a *application) browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &http.Client{Jar: jar}
}

// get returns what a page says.
func (a *application) get(t *testing.T, c *http.Client, page string) (status int, body string) {
	t.Helper()
	r, err := c.Get(a.URL + page)
	if err != nil {
		t.Error(err)
		return 0, ""
	}
	defer r.Body.Close()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Error(err)
	}
	return r.StatusCode, string(b)
}

func (a *application) shows(t *testing.T, c *http.Client, page, want string) {
	t.Helper()
	if status, got := a.get(t, c, page); status != http.StatusOK || got != want {
		t.Errorf("%s: %d %q, want %q", page, status, got, want)
	}
}

// token returns the token in a browser's cookie.
func (a *application) token(t *testing.T, c *http.Client) string {
	t.Helper()
	request, err := http.NewRequest("GET", a.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, cookie := range c.Jar.Cookies(request.URL) {
		if cookie.Name == a.Cookie.Name {
			return cookie.Value
		}
	}
	return ""
}

// beneath returns the stores that the sealed store is put over: in memory, and in a Redis of its own.
func beneath(t *testing.T) map[string]sessions.Store {
	t.Helper()
	port := redistest.Ports(t, 1)[0]
	redistest.Start(t, redistest.Options{Args: []string{"--port", port, "--bind", "127.0.0.1"}})
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
	t.Cleanup(func() { client.Close() })
	return map[string]sessions.Store{
		"memory": sessions.NewMemoryStore(nil), "redis": must(redisstore.New(client, nil)),
	}
}

// A life with scs: its middleware, RenewToken, Destroy and Iterate, over the sealed store.
func TestSCSLife(t *testing.T) {
	for name, under := range beneath(t) {
		t.Run(name, func(t *testing.T) { testSCSLife(t, under) })
	}
}

func testSCSLife(t *testing.T, under sessions.Store) {
	for _, idle := range []time.Duration{0, time.Hour} {
		a := newApplication(t)
		store, err := sealedscs.NewStore(sealedRing(t), under, &sealedscs.Options{Iterable: true, Purpose: idle.String()})
		if err != nil {
			t.Fatal(err)
		}
		a.Store, a.IdleTimeout = store, idle

		alice, bob := a.browser(t), a.browser(t)
		a.shows(t, alice, "/get", " 0")
		a.shows(t, alice, "/put", "")
		before := a.token(t, alice)
		a.shows(t, alice, "/sign-in?user=alice", "")
		a.shows(t, bob, "/sign-in?user=bob", "")
		a.shows(t, alice, "/put", "")
		a.shows(t, alice, "/get", "alice 2")
		a.shows(t, bob, "/get", "bob 0")
		if after := a.token(t, alice); after == before || after == "" {
			t.Error("signing in kept the token")
		}
		if _, found, err := store.Find(before); err != nil || found {
			t.Errorf("the token from before signing in: %v, %v", found, err)
		}

		// Iterate sees each session, and can end one.
		users := func() map[string]int {
			users := map[string]int{}
			err := a.Iterate(t.Context(), func(ctx context.Context) error {
				users[a.GetString(ctx, "user")]++
				if token := a.Token(ctx); token != a.token(t, alice) && token != a.token(t, bob) {
					users["another token"]++
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			return users
		}
		if got := users(); got["alice"] != 1 || got["bob"] != 1 || len(got) != 2 {
			t.Errorf("sessions of %v", got)
		}
		err = a.Iterate(t.Context(), func(ctx context.Context) error {
			if a.GetString(ctx, "user") == "bob" {
				return a.Destroy(ctx)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		a.shows(t, bob, "/get", " 0")
		if got := users(); got["alice"] != 1 || len(got) != 1 {
			t.Errorf("sessions of %v", got)
		}

		a.shows(t, alice, "/sign-out", "")
		a.shows(t, alice, "/get", " 0")
		a.shows(t, alice, "/sign-out", "") // where there is no session
		if got := users(); len(got) != 0 {
			t.Errorf("sessions of %v", got)
		}
		if failed := a.errors(); len(failed) > 0 {
			t.Errorf("answered with %v", failed)
		}
	}
}

// A request that is under way while its user logs out, or in, brings nothing back, nor takes the browser's new session
// from it. With scs's own store it does both, so this test tests something.
func TestSCSSlowRequests(t *testing.T) {
	for name, under := range beneath(t) {
		t.Run(name, func(t *testing.T) { testSCSSlowRequests(t, under) })
	}
}

func testSCSSlowRequests(t *testing.T, under sessions.Store) {
	for _, end := range []string{"/sign-out", "/sign-in?user=bob"} {
		for _, sealed := range []bool{true, false} {
			a := newApplication(t)
			a.Store = memstore.NewWithCleanupInterval(0)
			if sealed {
				store, err := sealedscs.NewStore(sealedRing(t), under, nil)
				if err != nil {
					t.Fatal(err)
				}
				a.Store = store
			}
			browser := a.browser(t)
			a.shows(t, browser, "/sign-in?user=alice", "")
			old := a.token(t, browser)

			status := make(chan int)
			go func() {
				s, _ := a.get(t, browser, "/slow")
				status <- s
			}()
			wait := <-a.slow
			a.shows(t, browser, end, "")
			fresh := a.token(t, browser)
			close(wait)
			got := <-status

			_, back, err := a.Store.Find(old)
			if err != nil {
				t.Fatal(err)
			}
			if !sealed {
				if !back || a.token(t, browser) != old {
					t.Errorf("%s: scs's own store brought nothing back; what is the other for?", end)
				}
				continue
			}
			if back || a.token(t, browser) != fresh || got != http.StatusServiceUnavailable {
				t.Errorf("%s: back: %v; the token is the old one: %v; status %d", end, back, a.token(t, browser) == old, got)
			}
			if failed := a.errors(); len(failed) != 1 || !errors.Is(failed[0], sealedscs.ErrDeleted) {
				t.Errorf("%s: answered with %v", end, failed)
			}
		}
	}
}

// A down is a store that fails.
type down struct{ sessions.Store }

func (down) Load(context.Context, ...[32]byte) ([][]byte, error) {
	return nil, errors.New("connection refused")
}

// What a store's writer does logs a user out at most, and is no error; that the store is down is one, and logs nobody out.
func TestSCSAttacks(t *testing.T) {
	a := newApplication(t)
	beneath, ring := sessions.NewMemoryStore(nil), sealedRing(t)
	store, err := sealedscs.NewStore(ring, beneath, &sealedscs.Options{Iterable: true})
	if err != nil {
		t.Fatal(err)
	}
	a.Store = store
	alice, thief := a.browser(t), a.browser(t)
	a.shows(t, alice, "/sign-in?user=alice", "")
	victims := listed(t, beneath)
	a.shows(t, thief, "/sign-in?user=thief", "")
	var ids [2][32]byte
	for id := range listed(t, beneath) {
		if victims[id] {
			ids[0] = id
		} else {
			ids[1] = id
		}
	}
	records, err := beneath.Load(t.Context(), ids[:]...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := beneath.Save(t.Context(), ids[1], 1, records[0], time.Now().Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	a.shows(t, thief, "/get", " 0")
	a.shows(t, alice, "/get", "alice 0")

	broken, err := sealedscs.NewStore(ring, down{beneath}, nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Store = broken
	if status, _ := a.get(t, alice, "/get"); status != http.StatusServiceUnavailable {
		t.Errorf("the store is down, and the status %d", status)
	}
	if failed := a.errors(); len(failed) != 1 || !errors.Is(failed[0], sessions.ErrStore) {
		t.Errorf("answered with %v", failed)
	}
	a.Store = store
	a.shows(t, alice, "/get", "alice 0")
}

// listed returns the hashes of the sessions in a store, by the list that Options.Iterable makes.
func listed(t *testing.T, store sessions.Store) map[[32]byte]bool {
	t.Helper()
	ids, err := store.List(t.Context(), sha256.Sum256([]byte("sealring/v1/scs-list\x00scs")))
	if err != nil {
		t.Fatal(err)
	}
	set := map[[32]byte]bool{}
	for _, id := range ids {
		set[id] = true
	}
	return set
}

// The sealing codec in scs, over scs's own store, which has nothing that can be read, and what scs's own codec writes is
// refused.
func TestSCSCodec(t *testing.T) {
	gob.Register(time.Time{})
	a := newApplication(t)
	codec, err := sealedscs.NewCodec(sealedRing(t), nil)
	if err != nil {
		t.Fatal(err)
	}
	a.Codec = codec
	browser := a.browser(t)
	a.shows(t, browser, "/sign-in?user=alice", "")
	a.shows(t, browser, "/put", "")
	a.shows(t, browser, "/get", "alice 1")

	values := map[string]any{"user": "alice", "n": 7, "at": time.Unix(1795640987, 0).UTC(), "bytes": []byte("x"), "f": 1.5}
	deadline := time.Now().Add(time.Hour)
	data, err := codec.Encode(deadline, values)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := scs.GobCodec{}.Encode(deadline, values)
	if err != nil {
		t.Fatal(err)
	}
	_, want, err := scs.GobCodec{}.Decode(theirs)
	if err != nil {
		t.Fatal(err)
	}
	got, have, err := codec.Decode(data)
	if err != nil || !got.Equal(deadline) || fmt.Sprintf("%#v", have) != fmt.Sprintf("%#v", want) {
		t.Errorf("%v, %#v, %v", got, have, err)
	}
	if _, _, err := codec.Decode(theirs); !errors.Is(err, sealring.ErrMalformed) {
		t.Errorf("in the clear: %v", err)
	}
	if _, _, err := (scs.GobCodec{}).Decode(data); err == nil {
		t.Error("scs's own codec reads what is sealed")
	}

	// A session of before is answered with an error, as the documentation says.
	if err := a.Store.Commit("token-from-before-the-codec", theirs, deadline); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Load(t.Context(), "token-from-before-the-codec"); !errors.Is(err, sealring.ErrMalformed) {
		t.Error(err)
	}
}
