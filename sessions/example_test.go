package sessions_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

// Profile is what the examples keep in sessions.
type Profile struct {
	Name  string `json:"name"`
	Theme string `json:"theme"`
}

func exampleManager() *sessions.Manager[Profile] {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	manager, err := sessions.New[Profile](ring, sessions.NewMemoryStore(nil), nil)
	if err != nil {
		panic(err)
	}
	return manager
}

// A visitor signs in, is known by the new ID, and signs out.
func Example() {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	manager, err := sessions.New[Profile](ring, sessions.NewMemoryStore(nil), nil)
	if err != nil {
		panic(err)
	}
	ctx := context.Background()

	session, err := manager.Create(ctx, Profile{Theme: "dark"})
	if err != nil {
		panic(err)
	}
	visitor := session.ID()
	if err := manager.SignIn(ctx, session, "alice@example.com", "Firefox", Profile{"Alice", "dark"}); err != nil {
		panic(err)
	}
	_, err = manager.Load(ctx, visitor)
	fmt.Println("the visitor's ID:", err)
	session, err = manager.Load(ctx, session.ID())
	fmt.Println("the new one:", session.Subject(), session.Value(), err)

	if err := manager.Invalidate(ctx, session); err != nil {
		panic(err)
	}
	_, err = manager.Load(ctx, session.ID())
	fmt.Println("signed out:", errors.Is(err, sessions.ErrNoSession))
	// Output:
	// the visitor's ID: sessions: no session
	// the new one: alice@example.com {Alice dark} <nil>
	// signed out: true
}

// Of two requests that change one session, the slower one hears of the other.
func ExampleManager_Save() {
	manager, ctx := exampleManager(), context.Background()
	session, err := manager.Create(ctx, Profile{Theme: "dark"})
	if err != nil {
		panic(err)
	}
	slow, err := manager.Load(ctx, session.ID())
	if err != nil {
		panic(err)
	}
	session.Set(Profile{Theme: "light"})
	fmt.Println(manager.Save(ctx, session))
	slow.Set(Profile{Theme: "blue"})
	fmt.Println(manager.Save(ctx, slow))
	// Output:
	// <nil>
	// sessions: saved by somebody else in the meantime
}

// A list of devices, from which a user logs one out, and then all.
func ExampleManager_List() {
	manager, ctx := exampleManager(), context.Background()
	var last *sessions.Session[Profile]
	for _, browser := range []string{"Firefox on Linux", "Safari on iPhone"} {
		last = manager.New(Profile{})
		if err := manager.SignIn(ctx, last, "alice", browser, Profile{}); err != nil {
			panic(err)
		}
	}
	devices, err := manager.List(ctx, "alice")
	if err != nil {
		panic(err)
	}
	for _, device := range devices {
		if device.Handle != last.Handle() {
			fmt.Println(device.Label, manager.InvalidateOne(ctx, "alice", device.Handle))
		}
	}
	fmt.Println(manager.InvalidateSubject(ctx, "alice"))
	devices, err = manager.List(ctx, "alice")
	fmt.Println(len(devices), err)
	// Output:
	// Firefox on Linux <nil>
	// <nil>
	// 0 <nil>
}

// A handler that counts visits, and one that signs in.
func ExampleWeb() {
	web, err := sessions.NewWeb(exampleManager(), nil)
	if err != nil {
		panic(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /sign-in", func(w http.ResponseWriter, r *http.Request) {
		// … once the password was right:
		if err := web.SignIn(r.Context(), "alice", r.UserAgent(), Profile{Name: "Alice"}); err != nil {
			web.Error(w, r, err)
			return
		}
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
	mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		session, err := web.Session(r.Context())
		switch {
		case errors.Is(err, sessions.ErrNoSession):
			fmt.Fprint(w, "Please sign in.")
		case err != nil:
			web.Error(w, r, err)
		default:
			fmt.Fprintf(w, "Hello, %s.", session.Value().Name)
		}
	})
	handler := http.NewCrossOriginProtection().Handler(web.Handler(mux))

	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
	fmt.Println(answer.Body)

	answer = httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("POST", "/sign-in", nil))
	cookie := answer.Result().Cookies()[0]
	fmt.Println(strings.Replace(cookie.String(), cookie.Value, "…", 1))

	r := httptest.NewRequest("GET", "/", nil)
	r.AddCookie(cookie)
	answer = httptest.NewRecorder()
	handler.ServeHTTP(answer, r)
	fmt.Println(answer.Body)
	// Output:
	// Please sign in.
	// __Host-session=…; Path=/; HttpOnly; Secure; SameSite=Lax
	// Hello, Alice.
}

// A session that is in the cookie itself.
func ExampleNewStoreless() {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	web, err := sessions.NewStoreless[Profile](ring, nil, &sessions.WebOptions{Persistent: true})
	if err != nil {
		panic(err)
	}
	handler := web.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		session, err := web.Start(r.Context())
		if err != nil {
			web.Error(w, r, err)
			return
		}
		session.Set(Profile{Theme: "dark"})
	}))
	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest("GET", "/", nil))
	cookie := answer.Result().Cookies()[0]
	fmt.Println(cookie.Value[:4], cookie.MaxAge, answer.Header().Get("Cache-Control"))
	// Output: sr1_ 604800 private, no-store
}
