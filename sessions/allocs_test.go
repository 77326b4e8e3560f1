package sessions_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

// What a call allocates beyond what encoding/json does with the value. Times are reported by benchmarks, and not gated.
func TestAllocations(t *testing.T) {
	if raceDetector {
		t.Log("the race detector makes pools forget; without it this test counts")
		return
	}
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	must(t, err)
	m, err := sessions.New[cart](ring, sessions.NewMemoryStore(nil), nil)
	must(t, err)
	web, err := sessions.NewWeb(m, nil)
	must(t, err)
	ctx := t.Context()
	s, err := m.Create(ctx, cart{N: 1})
	must(t, err)
	id := s.ID()
	unknown := m.New(cart{}).ID()
	untouched := web.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	r := httptest.NewRequest("GET", "/", nil)
	w := &plain{header: http.Header{}}

	text := []byte(`{"value":{"items":null,"n":1},"created":1767225600000,"begins":1767225600000,"ends":1767225600000}`)
	decodes := testing.AllocsPerRun(200, func() {
		var v struct {
			Value                 cart
			Subject               []byte
			Label                 string
			Created, Begins, Ends int64
		}
		json.Unmarshal(text, &v)
	})
	for _, test := range []struct {
		name string
		most float64
		call func()
	}{
		{"Load of what is no ID", 0, func() { m.Load(ctx, "junk") }},
		{"Load of an unknown ID", 3, func() { m.Load(ctx, unknown) }},
		{"Load", decodes + 14, func() { m.Load(ctx, id) }},
		{"Save", 14, func() { m.Save(ctx, s) }},
		{"Touch at once", 0, func() { m.Touch(ctx, s) }},
		{"Handler without a session", 8, func() { untouched.ServeHTTP(w, r) }},
	} {
		if n := testing.AllocsPerRun(200, test.call); n > test.most {
			t.Errorf("%s: %v allocations, want at most %v", test.name, n, test.most)
		} else {
			t.Logf("%s: %v allocations", test.name, n)
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	w := newWorld(b, nil)
	id := w.create(b).ID()
	for b.Loop() {
		w.Load(w.ctx, id)
	}
}

func BenchmarkSave(b *testing.B) {
	w := newWorld(b, nil)
	s := w.create(b)
	for b.Loop() {
		w.Save(w.ctx, s)
	}
}
