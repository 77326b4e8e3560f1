package sealedscs_test

import (
	"bytes"
	"encoding/gob"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
	"github.com/sealring/sealring/sessions/sealedscs"
)

type values = map[string]any

var written = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func newCodec(t testing.TB, ring *sealring.Keyring, o sealedscs.CodecOptions) *sealedscs.Codec {
	t.Helper()
	if o.Now == nil {
		o.Now = func() time.Time { return written }
	}
	c, err := sealedscs.NewCodec(ring, &o)
	must(t, err)
	return c
}

func encode(t testing.TB, c *sealedscs.Codec, v values) []byte {
	t.Helper()
	data, err := c.Encode(written.Add(time.Hour), v)
	must(t, err)
	return data
}

func TestCodecRoundTrip(t *testing.T) {
	gob.Register(time.Time{}) // as with scs's own codec
	for _, o := range []sealedscs.CodecOptions{{}, {Signed: true}} {
		c := newCodec(t, ringOf(t, key("k")), o)
		want := values{"text": "Zoë", "n": 7, "float": 1.5, "yes": true, "at": written, "int64": int64(8)}
		data := encode(t, c, want)
		if bytes.Contains(data, []byte("text")) != o.Signed {
			t.Errorf("%+v: the values can be read: %v", o, !o.Signed)
		}
		deadline, got, err := c.Decode(data)
		if err != nil || !deadline.Equal(written.Add(time.Hour)) || deadline.Location() != time.UTC || !maps.Equal(got, want) {
			t.Errorf("%v, %v, %v", deadline, got, err)
		}
	}

	// scs writes into what it gets.
	c := newCodec(t, ringOf(t, key("k")), sealedscs.CodecOptions{})
	for _, v := range []values{nil, {}} {
		if _, got, err := c.Decode(encode(t, c, v)); err != nil || got == nil || len(got) > 0 {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// refuses checks that data fails in a class and gives nothing.
func refuses(t testing.TB, c *sealedscs.Codec, data []byte, class error) {
	t.Helper()
	deadline, got, err := c.Decode(data)
	if !errors.Is(err, class) || !errors.Is(err, sealring.ErrInvalid) || !deadline.IsZero() || got != nil {
		t.Errorf("%v, %v, %v; want %v", deadline, got, err, class)
	}
}

// The deadline is what scs leaves to the store, and a store may keep what has expired for ever.
func TestCodecDeadline(t *testing.T) {
	clock := &clock{now: written}
	c := newCodec(t, ringOf(t, key("k")), sealedscs.CodecOptions{Now: clock.Now})
	data := encode(t, c, values{"n": 1})
	clock.pass(time.Hour - 1)
	if _, _, err := c.Decode(data); err != nil {
		t.Error(err)
	}
	clock.pass(1)
	refuses(t, c, data, sealring.ErrExpired)
	none, err := c.Encode(time.Time{}, nil)
	must(t, err)
	refuses(t, c, none, sealring.ErrExpired)
}

func TestCodecTampering(t *testing.T) {
	for _, o := range []sealedscs.CodecOptions{{}, {Signed: true}} {
		c := newCodec(t, ringOf(t, key("k")), o)
		data := encode(t, c, values{"n": 1})
		for i := range data {
			changed := bytes.Clone(data)
			changed[i] ^= 1
			refuses(t, c, changed, sealring.ErrInvalid)
			refuses(t, c, data[:i], sealring.ErrInvalid)
		}
		refuses(t, c, append(bytes.Clone(data), 0), sealring.ErrInvalid)
	}
}

func TestCodecRefuses(t *testing.T) {
	ring := ringOf(t, key("k"))
	c := newCodec(t, ring, sealedscs.CodecOptions{})
	refuses(t, c, nil, sealring.ErrMalformed)
	refuses(t, c, make([]byte, 100<<20), sealring.ErrTooLarge)
	refuses(t, c, encode(t, newCodec(t, ringOf(t, key("other")), sealedscs.CodecOptions{}), nil), sealring.ErrUnknownKey)
	refuses(t, c, encode(t, newCodec(t, ring, sealedscs.CodecOptions{Purpose: "other"}), nil), sealring.ErrBadSignature)
	signed := newCodec(t, ring, sealedscs.CodecOptions{Signed: true})
	refuses(t, signed, encode(t, c, nil), sealring.ErrRefused)
	if _, _, err := c.Decode(encode(t, signed, values{"n": 1})); err != nil {
		t.Errorf("signed before: %v", err)
	}

	// scs's own codec's bytes, in the clear.
	var plain bytes.Buffer
	must(t, gob.NewEncoder(&plain).Encode(struct {
		Deadline time.Time
		Values   values
	}{written.Add(time.Hour), values{"n": 1}}))
	refuses(t, c, plain.Bytes(), sealring.ErrMalformed)

	// A record of a Store is bound, and not one of a codec.
	w := newWorld(t, &sealedscs.Options{Purpose: "scs-codec"})
	token := w.commit(t, plain.String())
	refuses(t, newCodec(t, w.ring, sealedscs.CodecOptions{}), w.record(t, token)[8:], sealring.ErrBadSignature)

	// Authentic, and no values.
	sealer, err := sealring.NewSealer(ring, "scs-codec", &sealring.Options{NeverExpires: true, Encrypt: true, Content: sealring.Raw})
	must(t, err)
	for _, body := range []string{"", "{}", plain.String()[:20], plain.String() + "x"} {
		sealed, err := sealer.AppendSealBinary(nil, []byte(body), nil)
		must(t, err)
		refuses(t, newCodec(t, ring, sealedscs.CodecOptions{Now: time.Now}), sealed, sealring.ErrBadPayload)
	}
}

func TestCodecDoesNotEncode(t *testing.T) {
	c := newCodec(t, ringOf(t, key("k")), sealedscs.CodecOptions{MaxRecord: 1000})
	type unregistered struct{ Private string }
	for _, test := range []struct {
		v     values
		class error
	}{
		{values{"x": unregistered{"private-payload"}}, sealring.ErrBadPayload},
		{values{"x": func() {}}, sealring.ErrBadPayload},
		{values{"x": strings.Repeat("private-payload", 100)}, sealring.ErrTooLarge},
	} {
		data, err := c.Encode(written.Add(time.Hour), test.v)
		failsWith(t, err, sessions.ErrSeal)
		if !errors.Is(err, test.class) || data != nil || strings.Contains(err.Error(), "private-payload") {
			t.Errorf("%v, %q", err, data)
		}
	}
	if _, err := c.Encode(time.Unix(1<<60, 0), nil); !errors.Is(err, sealring.ErrBadPayload) && err != nil {
		t.Error(err)
	}
}

func TestCodecRotation(t *testing.T) {
	a, b := key("a"), key("b")
	a.SealFrom, b.SealFrom = written.Add(-time.Hour), written.Add(time.Hour)
	ring, clock := ringOf(t, a), &clock{now: written}
	var heard openings
	c := newCodec(t, ring, sealedscs.CodecOptions{Now: clock.Now, Observer: &heard})
	data, err := c.Encode(written.Add(24*time.Hour), values{"n": 1})
	must(t, err)
	must(t, ring.Replace(a, b))
	clock.pass(2 * time.Hour)
	if _, _, err := c.Decode(data); err != nil {
		t.Error(err)
	}
	must(t, ring.Replace(b))
	refuses(t, c, data, sealring.ErrUnknownKey)
	if len(heard) != 2 || !heard[0].Stale || heard[0].KeyID != "a" || heard[1].Class != sealring.ErrUnknownKey || heard[1].KeyID != "" {
		t.Errorf("the observer heard %+v", heard)
	}
}

type openings []sealring.Opening

func (o *openings) Opened(e sealring.Opening) { *o = append(*o, e) }

func TestCodecConfiguration(t *testing.T) {
	_, err := sealedscs.NewCodec(nil, nil)
	failsWith(t, err, sessions.ErrConfig)
	_, err = sealedscs.NewCodec(ringOf(t, key("k")), &sealedscs.CodecOptions{MaxRecord: -1})
	failsWith(t, err, sessions.ErrConfig)
	c, err := sealedscs.NewCodec(ringOf(t, key("k")), nil)
	must(t, err)
	data, err := c.Encode(time.Now().Add(time.Hour), values{"n": 1})
	must(t, err)
	if _, got, err := c.Decode(data); err != nil || got["n"] != 1 {
		t.Error(got, err)
	}
}
