package interop

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	gorilla "github.com/gorilla/securecookie"

	"github.com/sealring/sealring/compat/securecookie"
)

// What gorilla/securecookie writes opens here to an equal value, and the other way, whatever the keys and the serializer.
func TestSecureCookie(t *testing.T) {
	const cases = 2000
	m := maker{Rand: rand.New(rand.NewPCG(3, 3))}
	random := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(m.Uint32())
		}
		return b
	}
	counts := map[string]int{}
	for i := range cases {
		kind := "signed"
		pairs := []securecookie.KeyPair{{HashKey: random(32)}, {HashKey: random(64)}}
		if m.IntN(2) == 0 {
			pairs[0].BlockKey, pairs[1].BlockKey = random([]int{16, 24, 32}[m.IntN(3)]), random(32)
			kind = "encrypted"
		}
		name := fmt.Sprintf("name-%d", m.IntN(3))
		if m.IntN(2) == 0 {
			value := map[any]any{"text": m.text(), "n": m.Int(), 7: m.IntN(2) == 0, "bytes": random(8), "f": m.Float64()}
			check(t, i, name, pairs, gorilla.GobEncoder{}, securecookie.Gob, value)
			counts["gob, "+kind]++
		} else {
			type session struct {
				ID    int
				Name  string            `json:"name"`
				Roles []string          `json:"roles"`
				More  map[string]string `json:"more"`
			}
			value := session{m.Int(), m.text(), []string{m.text()}, map[string]string{m.text(): m.text()}}
			check(t, i, name, pairs, gorilla.JSONEncoder{}, securecookie.JSON, value)
			counts["JSON, "+kind]++
		}
	}
	t.Logf("%d cookies, each written by gorilla and opened here, and the other way: %v", cases, counts)
}

func check[T any](t *testing.T, i int, name string, pairs []securecookie.KeyPair, theirs gorilla.Serializer, ours securecookie.Serializer, value T) {
	t.Helper()
	cookie, err := securecookie.NewCookie[T](name, pairs, &securecookie.Options{Serializer: ours})
	if err != nil {
		t.Fatal(err)
	}
	// gorilla writes with the pair that is the old one here.
	peer := gorilla.New(pairs[1].HashKey, pairs[1].BlockKey).SetSerializer(theirs)
	text, err := peer.Encode(name, value)
	if err != nil {
		t.Fatal(err)
	}
	got, _, err := cookie.Decode(text, time.Hour)
	if diff := cmp.Diff(value, got); err != nil || diff != "" {
		t.Fatalf("case %d: of gorilla's: %v\n%s", i, err, diff)
	}

	if text, err = cookie.Encode(value); err != nil {
		t.Fatal(err)
	}
	var back T
	err = gorilla.New(pairs[0].HashKey, pairs[0].BlockKey).SetSerializer(theirs).Decode(name, text, &back)
	if diff := cmp.Diff(value, back); err != nil || diff != "" {
		t.Fatalf("case %d: gorilla: %v\n%s", i, err, diff)
	}
}
