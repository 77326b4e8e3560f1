package sealedscs_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/sessions/sealedscs"
)

// Whoever prints what holds the keys sees their IDs, and nothing of them nor of a session.
func TestNothingPrintsASecret(t *testing.T) {
	k := key("k1")
	ring := ringOf(t, k)
	w := newWorld(t, nil)
	store := w.node(t, ring, &sealedscs.Options{Iterable: true})
	token := newToken()
	must(t, store.Commit(token, []byte("private-data"), w.expiry(time.Hour)))
	codec := newCodec(t, ring, sealedscs.CodecOptions{})
	encode(t, codec, values{"n": 1})
	secret := k.Secret.Reveal()

	for name, held := range map[string]any{
		"store": store, "codec": codec, "in a struct": struct{ S, C any }{store, codec}, "in a map": map[string]any{"s": store},
		"out of reach": struct {
			s *sealedscs.Store
			c *sealedscs.Codec
		}{store, codec},
	} {
		var out strings.Builder
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%p"} {
			fmt.Fprintf(&out, verb, held)
		}
		encoded, _ := json.Marshal(held)
		out.Write(encoded)
		var log bytes.Buffer
		slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "held", held)
		slog.New(slog.NewTextHandler(&log, nil)).Info("x", "held", held)
		out.Write(log.Bytes())
		for _, private := range []string{secret[5:25], token[:12], "private-data"} {
			if strings.Contains(out.String(), private) {
				t.Errorf("%s shows what is private", name)
			}
		}
	}
	if got := fmt.Sprintf("%v %+v %v", store, codec, store.LogValue()); got !=
		"scs(sealer(scs, keyring(k1))) scs-codec(sealer(scs-codec, keyring(k1))) scs(sealer(scs, keyring(k1)))" {
		t.Errorf("printed %q", got)
	}
	if got := codec.LogValue().String(); got != codec.String() {
		t.Errorf("logged %q", got)
	}

	// Nor does an event, which a log keeps: its handle is no token.
	w.Store = store
	w.plant(t, token, []byte("private-data"))
	if text := fmt.Sprintf("%+v", one(t, w.none(t, store, token))); strings.Contains(text, token[:12]) || strings.Contains(text, "private") {
		t.Errorf("the event %s", text)
	}
}
