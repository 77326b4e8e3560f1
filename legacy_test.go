package sealring_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
)

// An oldFormat opens tokens of one prefix and counts how often it is asked.
type oldFormat struct {
	prefix string
	issued time.Time
	err    error
	asked  int
}

func (o *oldFormat) OpenLegacy(token string) ([]byte, time.Time, error) {
	o.asked++
	body, ok := strings.CutPrefix(token, o.prefix)
	switch {
	case o.err != nil:
		return []byte(body), o.issued, o.err
	case !ok:
		return nil, time.Time{}, errors.New("another prefix than " + o.prefix)
	}
	return []byte(body), o.issued, nil
}

var legacyNow = time.UnixMilli(1767225600000)

// legacyOptions are those of a codec that still opens old tokens, for a day.
func legacyOptions(opener sealring.LegacyOpener) *sealring.Options {
	return &sealring.Options{
		TTL: time.Hour, Encrypt: true, Now: func() time.Time { return legacyNow },
		Legacy: []sealring.Legacy{{Opener: opener, Until: legacyNow.Add(24 * time.Hour), MaxAge: 14 * 24 * time.Hour}},
	}
}

const oldToken = `old:{"user_id":123,"name":"admin"}`

func TestLegacyOpensAndIsStale(t *testing.T) {
	for _, content := range []sealring.Content{sealring.JSON, sealring.MessagePack} {
		opener := &oldFormat{prefix: "old:", issued: legacyNow.Add(-time.Hour)}
		o := legacyOptions(opener)
		o.Content = content
		var heard outcomes
		o.Observer = &heard
		codec := mustCodec[Session](t, mustRing(t, sealring.GenerateKey()), o)

		session, info, err := codec.OpenInfo(oldToken)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, session, Session{123, "admin"})
		equal(t, info, sealring.Info{Issued: legacyNow.Add(-time.Hour).UTC(), Stale: true, Legacy: true})
		equal(t, heard, outcomes{{Purpose: "session", Age: time.Hour, Stale: true, Legacy: true}})

		// What is sealed in its place is an envelope, which no opener is asked about.
		token := mustSeal(t, codec, session)
		opened, info, err := codec.OpenInfo(token)
		if err != nil || info.Stale || info.Legacy || !strings.HasPrefix(token, "sr1_") || opener.asked != 1 {
			t.Errorf("%v %+v %v, the opener was asked %d times", opened, info, err, opener.asked)
		}
	}
}

func TestLegacyRefuses(t *testing.T) {
	tests := []struct {
		name  string
		edit  func(*sealring.Options, *oldFormat)
		token string
		class error
	}{
		{"the move is over", func(o *sealring.Options, _ *oldFormat) { o.Legacy[0].Until = legacyNow }, oldToken, sealring.ErrMalformed},
		{"a millisecond too old", func(_ *sealring.Options, f *oldFormat) { f.issued = legacyNow.Add(-14*24*time.Hour - 1e6) }, oldToken, sealring.ErrExpired},
		{"the codec's own maximum age", func(o *sealring.Options, _ *oldFormat) { o.MaxAge = new(time.Minute) }, oldToken, sealring.ErrExpired},
		{"from the future", func(_ *sealring.Options, f *oldFormat) { f.issued = legacyNow.Add(10*time.Second + 1e6) }, oldToken, sealring.ErrNotYetValid},
		{"from the far future", func(_ *sealring.Options, f *oldFormat) { f.issued = time.Unix(1<<62, 0) }, oldToken, sealring.ErrNotYetValid},
		{"from the far past", func(_ *sealring.Options, f *oldFormat) { f.issued = time.Unix(-1<<62, 0) }, oldToken, sealring.ErrExpired},
		{"no date", func(_ *sealring.Options, f *oldFormat) { f.issued = time.Time{} }, oldToken, sealring.ErrRefused},
		{"another format", nil, "other:{}", sealring.ErrBadSignature},
		{"nothing", nil, "", sealring.ErrBadSignature},
		{"expired for the opener", func(_ *sealring.Options, f *oldFormat) { f.err = fmt.Errorf("%w: x", failure.Expired) }, oldToken, sealring.ErrExpired},
		{"malformed for the opener", func(_ *sealring.Options, f *oldFormat) { f.err = sealring.ErrMalformed }, oldToken, sealring.ErrMalformed},
		{"an error of no class", func(_ *sealring.Options, f *oldFormat) { f.err = sealring.ErrConfig }, oldToken, sealring.ErrBadSignature},
		{"no JSON", nil, "old:{", sealring.ErrBadPayload},
		{"a key twice", nil, `old:{"name":"a","name":"b"}`, sealring.ErrBadPayload},
		{"a key in other letters", nil, `old:{"NAME":"a"}`, sealring.ErrBadPayload},
		{"another type", nil, `old:[1]`, sealring.ErrBadPayload},
		{"a large body", func(o *sealring.Options, _ *oldFormat) { o.MaxDecoded = 8 }, oldToken, sealring.ErrBadPayload},
		{"a large token", nil, "old:" + strings.Repeat(" ", 87383), sealring.ErrTooLarge},
	}
	for version := range 10 {
		text := fmt.Sprintf("sr%d_%s", version, oldToken)
		tests = append(tests, struct {
			name  string
			edit  func(*sealring.Options, *oldFormat)
			token string
			class error
		}{"an envelope of version " + text[2:3], func(_ *sealring.Options, f *oldFormat) { f.prefix = text[:4] + "old:" }, text, sealring.ErrMalformed})
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			opener := &oldFormat{prefix: "old:", issued: legacyNow.Add(-time.Hour)}
			o := legacyOptions(opener)
			if test.edit != nil {
				test.edit(o, opener)
			}
			codec := mustCodec[Session](t, mustRing(t, sealring.GenerateKey()), o)
			session, info, err := codec.OpenInfo(test.token)
			failsWith(t, err, test.class)
			equal(t, session, Session{})
			equal(t, info, sealring.Info{})
			if strings.Contains(fmt.Sprint(err), "admin") {
				t.Errorf("the error tells of the body: %v", err)
			}
		})
	}
}

// Nothing in an old token says to whom it belongs, so a codec that asks must be told to do without.
func TestLegacyInABoundCodec(t *testing.T) {
	opener := &oldFormat{prefix: "old:", issued: legacyNow}
	o := legacyOptions(opener)
	ring := mustRing(t, sealring.GenerateKey())
	_, err := mustCodec[Session](t, ring, o).For("sid-42").Open(oldToken)
	failsWith(t, err, sealring.ErrRefused)
	if opener.asked != 0 {
		t.Error("the opener was asked all the same")
	}

	o.Legacy[0].Unbound = true
	session, err := mustCodec[Session](t, ring, o).For("sid-42").Open(oldToken)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, session, Session{123, "admin"})
	_, err = mustCodec[Session](t, ring, o).For("").Open(oldToken)
	failsWith(t, err, sealring.ErrBind)
}

func TestLegacyUndated(t *testing.T) {
	o := legacyOptions(&oldFormat{prefix: "old:"})
	o.Legacy[0].Undated = true
	session, info, err := mustCodec[Session](t, mustRing(t, sealring.GenerateKey()), o).OpenInfo(oldToken)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, session, Session{123, "admin"})
	equal(t, info, sealring.Info{Stale: true, Legacy: true})
}

// Of several openers the first that knows a token decides; what one says of an authentic token, no other overrules.
func TestSeveralLegacyOpeners(t *testing.T) {
	first := &oldFormat{prefix: "a:", issued: legacyNow}
	second := &oldFormat{prefix: "b:", issued: legacyNow.Add(-time.Hour)}
	o := legacyOptions(first)
	o.Legacy = append(o.Legacy, sealring.Legacy{Opener: second, Until: legacyNow.Add(time.Hour), MaxAge: time.Minute})
	codec := mustCodec[Session](t, mustRing(t, sealring.GenerateKey()), o)

	if _, err := codec.Open(`a:{"user_id":1}`); err != nil || second.asked != 0 {
		t.Errorf("%v, the second was asked %d times", err, second.asked)
	}
	_, err := codec.Open(`b:{"user_id":1}`)
	failsWith(t, err, sealring.ErrExpired)
	_, err = codec.Open(`c:{"user_id":1}`)
	failsWith(t, err, sealring.ErrBadSignature)
	first.err = sealring.ErrMalformed
	_, err = codec.Open(`c:{"user_id":1}`)
	failsWith(t, err, sealring.ErrBadSignature)
	first.err = sealring.ErrBadPayload
	_, err = codec.Open(`b:{"user_id":1}`)
	failsWith(t, err, sealring.ErrBadPayload)
}

// What an opener found out about an authentic token, a later one that does not know it cannot take back: here that the
// token is genuine and says no date, which the operator is to hear rather than that somebody forged it.
func TestUndatedBesideAnotherOpener(t *testing.T) {
	undated, other := &oldFormat{prefix: "old:"}, &oldFormat{prefix: "b:", issued: legacyNow}
	for _, openers := range [][]sealring.LegacyOpener{{undated, other}, {other, undated}} {
		o := legacyOptions(openers[0])
		o.Legacy = append(o.Legacy, sealring.Legacy{Opener: openers[1], Until: legacyNow.Add(time.Hour), MaxAge: time.Minute})
		codec := mustCodec[Session](t, mustRing(t, sealring.GenerateKey()), o)
		_, err := codec.Open(oldToken)
		failsWith(t, err, sealring.ErrRefused)
		_, err = codec.Open("c:{}")
		failsWith(t, err, sealring.ErrBadSignature)
	}
	if undated.asked != 4 {
		t.Errorf("it was asked %d times", undated.asked)
	}
}

// The layer of bytes gets JSON, and the binary form is of envelopes alone.
func TestLegacySealer(t *testing.T) {
	o := legacyOptions(&oldFormat{prefix: "old:", issued: legacyNow})
	sealer, err := sealring.NewSealer(mustRing(t, sealring.GenerateKey()), "session", o)
	if err != nil {
		t.Fatal(err)
	}
	body, info, err := sealer.AppendOpen([]byte("x"), oldToken, nil)
	if err != nil || string(body) != "x"+oldToken[4:] || !info.Legacy {
		t.Errorf("%q %+v %v", body, info, err)
	}
	_, _, err = sealer.AppendOpenBinary(nil, []byte(oldToken), nil)
	failsWith(t, err, sealring.ErrMalformed)
}

func TestLegacyOptionsRefused(t *testing.T) {
	ring := mustRing(t, sealring.GenerateKey())
	good := legacyOptions(&oldFormat{}).Legacy[0]
	for name, edit := range map[string]func(*sealring.Legacy){
		"no opener":       func(l *sealring.Legacy) { l.Opener = nil },
		"a nil opener":    func(l *sealring.Legacy) { l.Opener = (*oldFormat)(nil) }, // of a constructor whose error was dropped
		"no end":          func(l *sealring.Legacy) { l.Until = time.Time{} },
		"no maximum age":  func(l *sealring.Legacy) { l.MaxAge = 0 },
		"a negative age":  func(l *sealring.Legacy) { l.MaxAge = -time.Hour },
		"a fraction":      func(l *sealring.Legacy) { l.MaxAge = time.Hour + 1 },
		"undated, no age": func(l *sealring.Legacy) { l.MaxAge, l.Undated = 0, true },
	} {
		bad := good
		edit(&bad)
		_, err := sealring.NewCodec[Session](ring, "session", &sealring.Options{TTL: time.Hour, Legacy: []sealring.Legacy{good, bad}})
		if failsWith(t, err, sealring.ErrConfig); !strings.Contains(fmt.Sprint(err), "number 1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
