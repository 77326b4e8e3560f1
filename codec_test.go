package sealring_test

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
)

func TestOptionsRefuses(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	hour := time.Hour
	for name, o := range map[string]*sealring.Options{
		"nil":                          nil,
		"no lifetime":                  {},
		"lifetime and never":           {TTL: hour, NeverExpires: true},
		"negative lifetime":            {TTL: -hour},
		"lifetime under a millisecond": {TTL: time.Microsecond},
		"lifetime of 1.5 milliseconds": {TTL: 1500 * time.Microsecond},
		"negative maximum age":         {TTL: hour, MaxAge: new(-time.Millisecond)},
		"fractional maximum age":       {TTL: hour, MaxAge: new(time.Millisecond / 2)},
		"negative leeway":              {TTL: hour, Leeway: new(-time.Second)},
		"fractional leeway":            {TTL: hour, Leeway: new(time.Nanosecond)},
		"negative envelope limit":      {TTL: hour, MaxEnvelope: -1},
		"negative decoded limit":       {TTL: hour, MaxDecoded: -1},
		"envelope limit over 1 GiB":    {TTL: hour, MaxEnvelope: 1<<30 + 1},
		"envelope limit of all":        {TTL: hour, MaxEnvelope: math.MaxInt},
		"decoded limit over 1 GiB":     {TTL: hour, MaxDecoded: math.MaxInt},
		"unknown content":              {TTL: hour, Content: 3},
		"unknown accepted content":     {TTL: hour, Contents: []sealring.Content{sealring.JSON, 7}},
		"own content not accepted":     {TTL: hour, Contents: []sealring.Content{sealring.MessagePack}},
		"no content accepted":          {TTL: hour, Contents: []sealring.Content{}},
		"unknown accepted suite":       {TTL: hour, Suites: []sealring.Suite{sealring.Signed, 3}},
		"suite 0":                      {TTL: hour, Suites: []sealring.Suite{sealring.Signed, 0}},
		"suite 255":                    {TTL: hour, Suites: []sealring.Suite{sealring.Signed, 255}},
		"own suite not accepted":       {TTL: hour, Encrypt: true, Suites: []sealring.Suite{sealring.Signed}},
		"compressed and encrypted":     {TTL: hour, Deflate: true, Encrypt: true},
		"compressed and refused":       {TTL: hour, Deflate: true, RefuseDeflated: true},
		"raw for a struct":             {TTL: hour, Content: sealring.Raw},
	} {
		codec, err := sealring.NewCodec[knownSession](ring, "session", o)
		if codec != nil {
			t.Errorf("%s: a codec", name)
		}
		failsWith(t, err, sealring.ErrConfig)
	}
	_, err := sealring.NewCodec[string](nil, "session", &sealring.Options{TTL: hour})
	failsWith(t, err, sealring.ErrConfig)
}

func TestPurposeRefuses(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	for _, purpose := range []string{"", strings.Repeat("p", 256), "sesión", "sesio\u0301n", "a\x00", "a\n", "\x7f", "\xff"} {
		_, err := sealring.NewCodec[string](ring, purpose, &sealring.Options{TTL: time.Hour})
		failsWith(t, err, sealring.ErrConfig)
	}
	for _, purpose := range []string{"s", strings.Repeat("p", 255), "password reset ~!"} {
		if _, err := sealring.NewCodec[string](ring, purpose, &sealring.Options{TTL: time.Hour}); err != nil {
			t.Error(err)
		}
	}
}

func TestTypesRefused(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	o := &sealring.Options{TTL: time.Hour}
	_, err := sealring.NewCodec[chan int](ring, "session", o)
	failsWith(t, err, sealring.ErrConfig)
	_, err = sealring.NewCodec[struct{ F func() }](ring, "session", o)
	failsWith(t, err, sealring.ErrConfig)
	if _, err = sealring.NewCodec[noZero](ring, "session", o); err != nil {
		t.Error("a type whose zero value does not marshal:", err)
	}

	o = &sealring.Options{TTL: time.Hour, Content: sealring.MessagePack}
	_, err = sealring.NewCodec[map[int]string](ring, "session", o)
	failsWith(t, err, sealring.ErrConfig)
	_, err = sealring.NewCodec[map[string][]func()](ring, "session", o)
	failsWith(t, err, sealring.ErrConfig)
	type interned struct {
		Name string `msgpack:",intern"`
	}
	_, err = sealring.NewCodec[[]interned](ring, "session", o)
	failsWith(t, err, sealring.ErrConfig)
	type loop *loop
	_, err = sealring.NewCodec[loop](ring, "session", o)
	failsWith(t, err, sealring.ErrConfig)
	type embedsItself struct {
		//lint:ignore U1000 it is there to be refused
		*embedsItself
		N int
	}
	_, err = sealring.NewCodec[embedsItself](ring, "session", o)
	failsWith(t, err, sealring.ErrConfig)
}

type hidden struct{ N int }

type Shown struct{ N int }

type number int

// What would be sealed and not come back is refused where the codec is made.
func TestTypesThatWouldNotComeBack(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	made := func(json, messagePack error) (both [2]bool) { return [2]bool{json == nil, messagePack == nil} }
	check := func(name string, got, want [2]bool) {
		t.Helper()
		if got != want {
			t.Errorf("%s: JSON %v, MessagePack %v; want %v", name, got[0], got[1], want)
		}
	}
	check("interface", made(makes[fmt.Stringer](ring)), [2]bool{})
	check("interface in a struct", made(makes[struct{ S fmt.Stringer }](ring)), [2]bool{})
	check("interface left out", made(makes[struct {
		S fmt.Stringer `json:"-" msgpack:"-"`
	}](ring)), [2]bool{true, true})
	check("error", made(makes[struct{ Err error }](ring)), [2]bool{false, true})
	check("hidden pointer", made(makes[struct{ *hidden }](ring)), [2]bool{})
	check("hidden struct", made(makes[struct{ hidden }](ring)), [2]bool{true, true})
	check("shown pointer", made(makes[struct{ *Shown }](ring)), [2]bool{true, false})
	check("shown pointer, not inlined", made(makes[struct {
		*Shown `msgpack:"shown,noinline"`
	}](ring)), [2]bool{true, true})
	check("shown pointer, inlined", made(makes[struct {
		*Shown `msgpack:",inline"`
	}](ring)), [2]bool{true, false})
	check("hidden number", made(makes[struct{ number }](ring)), [2]bool{true, false})
	check("blank in a tag", made(makes[struct {
		N uint8 `msgpack:"n, alias:old"`
	}](ring)), [2]bool{true, false})
	check("blank in front of a tag", made(makes[struct {
		N uint8 `msgpack:" n"`
	}](ring)), [2]bool{true, false})
	check("quotes in a tag", made(makes[struct {
		N uint8 `msgpack:"'a,b'"`
	}](ring)), [2]bool{true, false})
	check("an option for a name", made(makes[struct {
		N uint8 `msgpack:"alias:x"`
	}](ring)), [2]bool{true, false})
	check("a quoted option", made(makes[struct {
		N uint8 `msgpack:"n,alias:'old'"`
	}](ring)), [2]bool{true, false})
	check("quoted text of its own", made(makes[struct {
		N *named `json:",string"`
	}](ring)), [2]bool{false, true})
	check("text of its own", made(makes[struct {
		N *named `json:",omitempty"`
	}](ring)), [2]bool{true, true})
	check("two fields of one name", made(makes[struct {
		A uint8 `msgpack:"n,omitempty"`
		N uint8 `msgpack:"n,omitempty"`
	}](ring)), [2]bool{true, false})
	check("a field of an embedded one's name", made(makes[struct {
		Shown
		M int `json:"N" msgpack:"N"`
	}](ring)), [2]bool{true, false})
	check("an embedded one of a field's name", made(makes[struct {
		M int `msgpack:"Shown"`
		Shown
	}](ring)), [2]bool{true, false})
	check("a field of the embedded struct's name", made(makes[struct {
		Shown
		M int `msgpack:"Shown"`
	}](ring)), [2]bool{true, true})
	check("an alias of a field's name", made(makes[struct {
		N uint8
		M uint8 `msgpack:"m,alias:N"`
	}](ring)), [2]bool{true, false})
	check("an old alias", made(makes[struct {
		M uint8 `msgpack:"m,alias:N"`
		N uint8
	}](ring)), [2]bool{true, true})
	check("a plain tag", made(makes[struct {
		N uint8 `msgpack:"n,alias:old,omitempty"`
	}](ring)), [2]bool{true, true})
}

// named writes a number as a word.
type named int

func (n named) MarshalText() ([]byte, error)     { return []byte{'n', byte('0' + n)}, nil }
func (n *named) UnmarshalText(text []byte) error { *n = named(text[1] - '0'); return nil }

// makes tries to make a codec of a type for JSON and for MessagePack.
func makes[T any](ring *sealring.Keyring) (json, messagePack error) {
	_, json = sealring.NewCodec[T](ring, "session", &sealring.Options{TTL: time.Hour})
	_, messagePack = sealring.NewCodec[T](ring, "session", &sealring.Options{TTL: time.Hour, Content: sealring.MessagePack})
	return json, messagePack
}

// noZero panics where encoding/json tries its zero value.
type noZero struct{ p *int }

func (n noZero) MarshalJSON() ([]byte, error) { return []byte(fmt.Sprint(*n.p)), nil }

// Time, each rule at its edge; format.md, Section 8.
func TestTime(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name    string
		options sealring.Options
		after   time.Duration // from sealing to opening
		want    error
	}{
		{"last millisecond", sealring.Options{TTL: time.Second}, time.Second - ms, nil},
		{"expiry", sealring.Options{TTL: time.Second}, time.Second, sealring.ErrExpired},
		{"leeway does not lengthen it", sealring.Options{TTL: time.Second, Leeway: new(time.Hour)}, time.Second, sealring.ErrExpired},
		{"a millisecond's lifetime", sealring.Options{TTL: ms}, 0, nil},
		{"never", sealring.Options{NeverExpires: true}, 1000 * 24 * time.Hour, nil},
		{"age reached", sealring.Options{TTL: time.Hour, MaxAge: new(time.Minute)}, time.Minute, nil},
		{"age passed", sealring.Options{TTL: time.Hour, MaxAge: new(time.Minute)}, time.Minute + ms, sealring.ErrExpired},
		{"age 0", sealring.Options{TTL: time.Hour, MaxAge: new(time.Duration)}, 0, nil},
		{"age 0 is an age of 0", sealring.Options{TTL: time.Hour, MaxAge: new(time.Duration)}, ms, sealring.ErrExpired},
		{"age of never", sealring.Options{NeverExpires: true, MaxAge: new(time.Minute)}, time.Hour, sealring.ErrExpired},
		{"default leeway", sealring.Options{TTL: time.Hour}, -10 * time.Second, nil},
		{"default leeway passed", sealring.Options{TTL: time.Hour}, -10*time.Second - ms, sealring.ErrNotYetValid},
		{"no leeway", sealring.Options{TTL: time.Hour, Leeway: new(time.Duration)}, -ms, sealring.ErrNotYetValid},
		{"own leeway", sealring.Options{TTL: time.Hour, Leeway: new(time.Minute)}, -time.Minute, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			clock := knownClock()
			test.options.Now = func() time.Time { return clock }
			codec := mustCodec[string](t, mustRing(t, knownKey(t, "")), &test.options)
			token := mustSeal(t, codec, "x")
			clock = clock.Add(test.after)
			value, err := codec.Open(token)
			if !errors.Is(err, test.want) {
				t.Fatalf("error %v, want %v", err, test.want)
			}
			if (value == "x") != (test.want == nil) {
				t.Errorf("value %q", value)
			}
			// Expired and forged is forged.
			_, err = codec.For("someone else").Open(token)
			failsWith(t, err, sealring.ErrBadSignature)
		})
	}
}

func TestClockOutOfRange(t *testing.T) {
	for _, clock := range []time.Time{
		{}, time.UnixMilli(-1), time.UnixMilli(253402300800000), time.Date(9999, 12, 31, 23, 59, 0, 0, time.UTC),
		time.Unix(math.MaxInt32<<20, 0), time.Unix(math.MaxInt64, 0), time.Unix(math.MinInt64, 0), time.Unix(1<<60, 0),
		time.Unix(18446744073709552+1767225600, 0), // 2026, to time.Time.UnixMilli
	} {
		codec := mustCodec[string](t, mustRing(t, knownKey(t, "")), &sealring.Options{
			TTL: time.Hour, Now: func() time.Time { return clock },
		})
		token, err := codec.Seal("x")
		failsWith(t, err, sealring.ErrConfig)
		if token != "" {
			t.Errorf("a token at %v", clock)
		}
		if _, err := codec.Open(knownSigned); !errors.Is(err, sealring.ErrNotYetValid) && !errors.Is(err, sealring.ErrExpired) {
			t.Errorf("opened at %v: %v", clock, err)
		}
	}
	codec := mustCodec[string](t, mustRing(t, knownKey(t, "")), &sealring.Options{
		TTL: time.Hour, Now: func() time.Time { return time.UnixMilli(0) },
	})
	if _, err := codec.Open(mustSeal(t, codec, "x")); err != nil {
		t.Error("1970 itself:", err)
	}
}

func TestBinding(t *testing.T) {
	codec := mustCodec[string](t, mustRing(t, knownKey(t, "")), &sealring.Options{TTL: time.Hour})
	bindings := map[string]*sealring.Codec[string]{
		"unbound":    codec,
		"a":          codec.For("a"),
		"b":          codec.For("b"),
		"ab":         codec.For("ab"),
		"a, b":       codec.For("a", "b"),
		"b, a":       codec.For("b", "a"),
		"ab, c":      codec.For("ab", "c"),
		"a, bc":      codec.For("a", "bc"),
		"a, b, c":    codec.For("a", "b", "c"),
		"composed":   codec.For("\u00e9"),
		"decomposed": codec.For("e\u0301"),
		"not UTF-8":  codec.For("\xff"),
		"nor this":   codec.For("\xfe"),
		"replaced":   codec.For("\ufffd"),
		"looks like": codec.For("\x00\x00\x00\x00\x00\x00\x00\x02a"),
	}
	for sealedBy, sealer := range bindings {
		token := mustSeal(t, sealer, "x")
		for openedBy, opener := range bindings {
			value, err := opener.Open(token)
			if sealedBy == openedBy && (err != nil || value != "x") {
				t.Errorf("%s: %v", sealedBy, err)
			}
			if sealedBy != openedBy && (!errors.Is(err, sealring.ErrBadSignature) || value != "") {
				t.Errorf("sealed for %s, opened for %s: %q, %v", sealedBy, openedBy, value, err)
			}
		}
	}
	if value, err := codec.For("b").For("a").Open(mustSeal(t, codec.For("a"), "x")); err != nil || value != "x" {
		t.Errorf("a second binding replaces the first: %v", err)
	}

	// What ought to be bound and lacks its binding fails, on both sides.
	token := mustSeal(t, codec, "x")
	for name, missing := range map[string]*sealring.Codec[string]{
		"none": codec.For(), "empty": codec.For(""), "one empty": codec.For("a", ""), "first empty": codec.For("", "a"),
	} {
		sealed, err := missing.Seal("x")
		failsWith(t, err, sealring.ErrBind)
		opened, err := missing.Open(token)
		failsWith(t, err, sealring.ErrBind)
		_, _, err = missing.OpenBinary([]byte(token))
		failsWith(t, err, sealring.ErrBind)
		for _, junk := range []string{"", "junk", strings.Repeat("A", 100000)} { // whatever else is wrong
			_, err = missing.Open(junk)
			failsWith(t, err, sealring.ErrBind)
		}
		_, err = missing.Seal("\xff")
		failsWith(t, err, sealring.ErrBind)
		if sealed != "" || opened != "" {
			t.Errorf("%s: sealed %q, opened %q", name, sealed, opened)
		}
	}
	sealer, err := sealring.NewSealer(mustRing(t, knownKey(t, "")), "session", &sealring.Options{TTL: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	_, err = sealer.AppendSeal(nil, []byte("not JSON"), []byte{})
	failsWith(t, err, sealring.ErrBind)
	_, _, err = sealer.AppendOpen(nil, "junk", []byte{})
	failsWith(t, err, sealring.ErrBind)
	_, err = sealring.Bind("a", "")
	failsWith(t, err, sealring.ErrBind)
	_, err = sealring.Bind()
	failsWith(t, err, sealring.ErrBind)
}

func TestPurposesAndSuitesAreApart(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	both := []sealring.Suite{sealring.Signed, sealring.Encrypted}
	for _, encrypt := range []bool{false, true} {
		o := &sealring.Options{TTL: time.Hour, Encrypt: encrypt, Suites: both}
		session, _ := sealring.NewCodec[string](ring, "session", o)
		reset, err := sealring.NewCodec[string](ring, "password-reset", o)
		if err != nil {
			t.Fatal(err)
		}
		_, err = session.Open(mustSeal(t, reset, "x"))
		failsWith(t, err, sealring.ErrBadSignature)

		only, _ := sealring.NewCodec[string](ring, "session", &sealring.Options{TTL: time.Hour, Encrypt: !encrypt})
		_, err = only.Open(mustSeal(t, session, "x"))
		failsWith(t, err, sealring.ErrRefused)
	}
}

func TestStale(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	all := sealring.Options{
		TTL:      time.Hour,
		Suites:   []sealring.Suite{sealring.Signed, sealring.Encrypted},
		Contents: []sealring.Content{sealring.JSON, sealring.MessagePack, sealring.Raw},
	}
	var codecs []*sealring.Codec[string]
	for _, encrypt := range []bool{false, true} {
		for _, content := range all.Contents {
			o := all
			o.Encrypt, o.Content = encrypt, content
			codecs = append(codecs, mustCodec[string](t, ring, &o))
		}
	}
	for i, sealer := range codecs {
		token := mustSeal(t, sealer, "x")
		for j, opener := range codecs {
			value, info, err := opener.OpenInfo(token)
			if err != nil || value != "x" || info.Stale != (i != j) {
				t.Errorf("sealed as %d, opened as %d: %q, stale %v, %v", i, j, value, info.Stale, err)
			}
		}
	}
}

func TestInfoAndInspect(t *testing.T) {
	codec := mustCodec[knownSession](t, mustRing(t, knownKey(t, "")), &sealring.Options{
		TTL: time.Hour, Encrypt: true, Now: knownClock,
	})
	want := sealring.Info{
		KeyID: "z7dbov4z", Suite: sealring.Encrypted, Content: sealring.JSON,
		Issued: knownClock().UTC(), Expires: knownClock().Add(time.Hour).UTC(),
	}
	value, info, err := codec.OpenInfo(knownEncrypted)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, value, knownValue)
	equal(t, info, want)
	for _, form := range []string{knownEncrypted, string(decoded(t, knownEncrypted))} {
		info, err := sealring.Inspect(form)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, info, want)
	}
	if info, err := sealring.Inspect(knownMessagePack); err != nil || !info.Expires.IsZero() ||
		info.Content != sealring.MessagePack {
		t.Errorf("%+v, %v", info, err)
	}

	// It verifies nothing, and says so; what is no envelope it refuses as opening does.
	forged := knownEncrypted[:len(knownEncrypted)-1] + "g"
	if _, err := sealring.Inspect(forged); err != nil {
		t.Error(err)
	}
	for token, class := range map[string]error{
		"":                           sealring.ErrMalformed,
		"sr1_":                       sealring.ErrMalformed,
		"not a token":                sealring.ErrMalformed,
		knownSigned + "\n":           sealring.ErrMalformed,
		"sr2_" + knownSigned[4:]:     sealring.ErrUnsupportedVersion,
		"sr1_AwEI" + knownSigned[8:]: sealring.ErrUnsupported,
		strings.Repeat("A", 87383):   sealring.ErrTooLarge,
		"\xb2\xbd\x7f" + strings.Repeat("x", 65534): sealring.ErrTooLarge,
	} {
		info, err := sealring.Inspect(token)
		failsWith(t, err, class)
		equal(t, info, sealring.Info{})
	}
}

func TestNames(t *testing.T) {
	for got, want := range map[string]string{
		sealring.Signed.String(): "signed", sealring.Encrypted.String(): "encrypted", sealring.Suite(9).String(): "suite 9",
		sealring.JSON.String(): "json", sealring.MessagePack.String(): "messagepack", sealring.Raw.String(): "raw",
		sealring.Content(9).String(): "content 9",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// failing is a source of randomness that has none.
type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, errors.New("no entropy") }

// short gives some bytes and then nothing.
type short struct{}

func (short) Read(b []byte) (int, error) { return copy(b, "abc"), io.EOF }

func TestNoRandomnessNoEnvelope(t *testing.T) {
	codec := mustCodec[string](t, mustRing(t, knownKey(t, "")), &sealring.Options{TTL: time.Hour, Encrypt: true})
	old := rand.Reader
	defer func() { rand.Reader = old }()
	for _, source := range []io.Reader{failing{}, short{}} {
		rand.Reader = source
		token, err := codec.Seal("x")
		if failsWith(t, err, sealring.ErrNoRandomness); token != "" {
			t.Errorf("sealed %q without randomness", token)
		}
		dst, err := codec.AppendSealBinary([]byte("before"), "x")
		if failsWith(t, err, sealring.ErrNoRandomness); string(dst) != "before" {
			t.Errorf("appended %q without randomness", dst)
		}
	}
}

func TestNoncesDiffer(t *testing.T) {
	codec := mustCodec[string](t, mustRing(t, knownKey(t, "")), &sealring.Options{TTL: time.Hour, Encrypt: true, Now: knownClock})
	seen := map[string]bool{}
	for range 1000 {
		b, err := codec.AppendSealBinary(nil, "x")
		if err != nil {
			t.Fatal(err)
		}
		nonce := string(b[18+8 : 18+8+24])
		if seen[nonce] {
			t.Fatal("one nonce twice")
		}
		seen[nonce] = true
	}
}

func TestLimits(t *testing.T) {
	const envelopeOf100 = 18 + 8 + 100 + 32
	ring := mustRing(t, knownKey(t, ""))
	raw := func(envelope, decoded int) *sealring.Codec[string] {
		return mustCodec[string](t, ring, &sealring.Options{
			TTL: time.Hour, Content: sealring.Raw, MaxEnvelope: envelope, MaxDecoded: decoded,
		})
	}
	body := strings.Repeat("b", 100)
	token := mustSeal(t, raw(0, 0), body)
	if _, err := raw(envelopeOf100, 100).Open(token); err != nil {
		t.Error("at both limits:", err)
	}
	mustSeal(t, raw(envelopeOf100, 100), body)
	_, err := raw(envelopeOf100-1, 0).Open(token)
	failsWith(t, err, sealring.ErrTooLarge)
	_, err = raw(envelopeOf100-1, 0).Seal(body)
	failsWith(t, err, sealring.ErrTooLarge)
	_, err = raw(0, 99).Open(token)
	failsWith(t, err, sealring.ErrBadPayload)
	_, err = raw(0, 99).Seal(body)
	failsWith(t, err, sealring.ErrBadPayload)
	_, _, err = raw(envelopeOf100-1, 0).OpenBinary(decoded(t, token))
	failsWith(t, err, sealring.ErrTooLarge)

	// The defaults, and more on request.
	large := strings.Repeat("b", 65536-18-8-32)
	mustSeal(t, raw(0, 0), large)
	_, err = raw(0, 0).Seal(large + "b")
	failsWith(t, err, sealring.ErrTooLarge)
	huge := strings.Repeat("b", 4<<20)
	_, err = raw(8<<20, 0).Seal(huge)
	failsWith(t, err, sealring.ErrBadPayload)
	more := raw(8<<20, 8<<20)
	if value, err := more.Open(mustSeal(t, more, huge)); err != nil || value != huge {
		t.Error("4 MiB on request:", err)
	}
}

func TestDeflate(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	deflate := mustCodec[string](t, ring, &sealring.Options{TTL: time.Hour, Deflate: true})
	plain := mustCodec[string](t, ring, &sealring.Options{TTL: time.Hour})
	refuses := mustCodec[string](t, ring, &sealring.Options{TTL: time.Hour, RefuseDeflated: true})
	long := strings.Repeat("roles and more roles ", 200)
	token := mustSeal(t, deflate, long)
	if len(token) > 300 {
		t.Errorf("%d characters for %d compressible ones", len(token), len(long))
	}
	for _, codec := range []*sealring.Codec[string]{deflate, plain} {
		value, info, err := codec.OpenInfo(token)
		if err != nil || value != long || !info.Deflated || info.Stale {
			t.Errorf("deflated %v, stale %v, %v", info.Deflated, info.Stale, err)
		}
	}
	_, err := refuses.Open(token)
	failsWith(t, err, sealring.ErrRefused)

	// Where it makes nothing shorter it is left out.
	if _, info, err := deflate.OpenInfo(mustSeal(t, deflate, "x")); err != nil || info.Deflated {
		t.Errorf("deflated %v, %v", info.Deflated, err)
	}

	// A bomb behind a good MAC: 64 MiB in as many KiB.
	big := &sealring.Options{TTL: time.Hour, Deflate: true, MaxDecoded: 128 << 20, Content: sealring.Raw}
	bomb := mustSeal(t, mustCodec[string](t, ring, big), strings.Repeat("\x00", 40<<20))
	small := &sealring.Options{TTL: time.Hour, Content: sealring.Raw}
	value, err := mustCodec[string](t, ring, small).Open(bomb)
	failsWith(t, err, sealring.ErrBadPayload)
	if value != "" {
		t.Error("a part of a bomb came out")
	}
}

// What is appended to stays as it was on errors, and nothing is written to the spare capacity of any input.
func TestSpareCapacity(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	for _, encrypt := range []bool{false, true} {
		sealer, err := sealring.NewSealer(ring, "session", &sealring.Options{TTL: time.Hour, Encrypt: encrypt})
		if err != nil {
			t.Fatal(err)
		}
		spare := func(s string) []byte {
			b := append(make([]byte, 0, len(s)+4096), s...)
			for i := range b[len(b):cap(b)] {
				b[:cap(b)][len(s)+i] = 0xA5
			}
			return b
		}
		untouched := func(what string, b []byte, s string) {
			t.Helper()
			if string(b) != s || bytes.Trim(b[len(b):cap(b)], "\xA5") != nil && len(bytes.Trim(b[len(b):cap(b)], "\xA5")) > 0 {
				t.Errorf("encrypt %v: %s changed", encrypt, what)
			}
		}
		body, bind := spare(knownBody), spare("sid")
		text, err := sealer.AppendSeal([]byte("dst:"), body, bind)
		if err != nil || !bytes.HasPrefix(text, []byte("dst:sr1_")) {
			t.Fatal(err)
		}
		binary, err := sealer.AppendSealBinary([]byte("dst:"), body, bind)
		if err != nil || !bytes.HasPrefix(binary, []byte("dst:\xb2\xbd\x7f")) {
			t.Fatal(err)
		}
		untouched("body", body, knownBody)
		untouched("bind", bind, "sid")

		sealed := spare(string(binary[4:]))
		opened, _, err := sealer.AppendOpenBinary([]byte("dst:"), sealed, bind)
		if err != nil || string(opened) != "dst:"+knownBody {
			t.Fatalf("%q, %v", opened, err)
		}
		untouched("envelope", sealed, string(binary[4:]))
		untouched("bind", bind, "sid")

		// A failed opening leaves no unverified plaintext behind, whatever was changed.
		for i := range sealed {
			sealed[i] ^= 1
			dst := spare("dst:")
			got, _, err := sealer.AppendOpenBinary(dst, sealed, bind)
			if err == nil || !bytes.Equal(got, dst) {
				t.Fatalf("byte %d: %q, %v", i, got, err)
			}
			untouched("dst", dst, "dst:")
			sealed[i] ^= 1
		}
	}
}

// What is sealed may stand where the envelope is to go, as with buffers that are used again.
func TestOverlappingBuffers(t *testing.T) {
	for _, encrypt := range []bool{false, true} {
		sealer, err := sealring.NewSealer(mustRing(t, knownKey(t, "")), "session", &sealring.Options{TTL: time.Hour, Encrypt: encrypt})
		if err != nil {
			t.Fatal(err)
		}
		for _, shift := range []int{0, 1, 40, 200} {
			buffer := make([]byte, 1024)
			body := append(buffer[shift:shift], knownBody...)
			bind := append(buffer[shift+300:shift+300], "sid-42"...)
			text, err := sealer.AppendSeal(buffer[:0], body, bind)
			if err != nil {
				t.Fatal(err)
			}
			opened, _, err := sealer.AppendOpen(nil, string(text), []byte("sid-42"))
			if err != nil || string(opened) != knownBody {
				t.Errorf("shift %d: text %q, %v", shift, opened, err)
			}

			body = append(buffer[shift:shift], knownBody...)
			sealed, err := sealer.AppendSealBinary(buffer[:0], body, nil)
			if err != nil {
				t.Fatal(err)
			}
			opened, _, err = sealer.AppendOpenBinary(sealed[:0], sealed, nil)
			if err != nil || string(opened) != knownBody {
				t.Errorf("shift %d: binary %q, %v", shift, opened, err)
			}
		}
	}
}

// outcomes is an Observer that keeps what it hears.
type outcomes []sealring.Opening

func (o *outcomes) Opened(event sealring.Opening) { *o = append(*o, event) }

func TestObserver(t *testing.T) {
	var heard outcomes
	clock := knownClock()
	ring := mustRing(t, knownKey(t, ""))
	o := &sealring.Options{TTL: time.Hour, Now: func() time.Time { return clock }, Observer: &heard}
	codec := mustCodec[knownSession](t, ring, o)
	sealer, err := sealring.NewSealer(ring, "session", o)
	if err != nil {
		t.Fatal(err)
	}
	stranger := mustCodec[knownSession](t, mustRing(t, key(t, 9, "stranger")), &sealring.Options{TTL: time.Hour, Now: knownClock})
	badPayload, err := sealer.AppendSeal(nil, []byte(`{"user_id":"x"}`), nil)
	if err != nil {
		t.Fatal(err)
	}
	strangers := mustSeal(t, stranger, knownValue)

	for _, test := range []struct {
		token string
		after time.Duration
		want  sealring.Opening
	}{
		{knownSigned, time.Minute, sealring.Opening{KeyID: "z7dbov4z", Age: time.Minute}},
		{knownSigned, -time.Second, sealring.Opening{KeyID: "z7dbov4z", Age: -time.Second}},
		{knownSigned, time.Hour, sealring.Opening{Class: sealring.ErrExpired, KeyID: "z7dbov4z", Age: time.Hour}},
		{knownSigned, -time.Hour, sealring.Opening{Class: sealring.ErrNotYetValid, KeyID: "z7dbov4z", Age: -time.Hour}},
		{string(badPayload), 0, sealring.Opening{Class: sealring.ErrBadPayload, KeyID: "z7dbov4z"}},
		{knownBound, time.Minute, sealring.Opening{Class: sealring.ErrBadSignature, KeyID: "z7dbov4z"}},
		{strangers, time.Minute, sealring.Opening{Class: sealring.ErrUnknownKey}},
		{knownEncrypted, 0, sealring.Opening{Class: sealring.ErrRefused}},
		{"sr2_" + knownSigned[4:], 0, sealring.Opening{Class: sealring.ErrUnsupportedVersion}},
		{"sr1_AwEI" + knownSigned[8:], 0, sealring.Opening{Class: sealring.ErrUnsupported}},
		{"junk", 0, sealring.Opening{Class: sealring.ErrMalformed}},
		{strings.Repeat("A", 90000), 0, sealring.Opening{Class: sealring.ErrTooLarge}},
	} {
		heard = nil
		clock = knownClock().Add(test.after)
		_, err := codec.Open(test.token)
		test.want.Purpose = "session"
		if len(heard) != 1 || heard[0] != test.want || !errors.Is(err, test.want.Class) {
			t.Errorf("heard %+v, want %+v (%v)", heard, test.want, err)
		}
	}

	clock = knownClock()
	heard = nil
	if _, _, err := sealer.AppendOpen(nil, knownSigned, nil); err != nil || len(heard) != 1 || heard[0].Class != nil {
		t.Errorf("bytes: heard %+v, %v", heard, err)
	}
	newer := key(t, 2, "newer")
	newer.SealFrom = at(-1)
	replace(t, ring, knownKey(t, ""), newer)
	heard = nil
	if _, err := codec.Open(knownSigned); err != nil || !heard[0].Stale {
		t.Errorf("stale: heard %+v, %v", heard, err)
	}
}

// Under GODEBUG=fips140=only suite 01 works, suite 02 says that it does not, and nothing panics. The mode is for a whole
// process, so the test runs itself in one.
func TestFIPS140Only(t *testing.T) {
	if os.Getenv("SEALRING_TEST_FIPS") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFIPS140Only$", "-test.v", "-test.count=1")
		cmd.Env = append(os.Environ(), "GODEBUG=fips140=only", "SEALRING_TEST_FIPS=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestFIPS140Only") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	generated := sealring.GenerateKey()
	generated.SealFrom = at(-100)
	ring := mustRing(t, generated, knownKey(t, ""))
	for _, content := range []sealring.Content{sealring.JSON, sealring.MessagePack} {
		codec := mustCodec[knownSession](t, ring, &sealring.Options{TTL: time.Hour, Content: content, Now: knownClock})
		value, err := codec.Open(mustSeal(t, codec, knownValue))
		if err != nil {
			t.Fatal(err)
		}
		equal(t, value, knownValue)
		_, err = codec.Open(knownEncrypted)
		failsWith(t, err, sealring.ErrRefused)
	}
	for _, o := range []*sealring.Options{
		{TTL: time.Hour, Encrypt: true},
		{TTL: time.Hour, Suites: []sealring.Suite{sealring.Signed, sealring.Encrypted}},
	} {
		_, err := sealring.NewCodec[knownSession](ring, "session", o)
		failsWith(t, err, sealring.ErrConfig)
		if err == nil || !strings.Contains(err.Error(), "fips140") {
			t.Errorf("the error does not tell why: %v", err)
		}
	}
	fmt.Println("suite 01 works, suite 02 is refused")
}

// ownJSON is a user's Serializer; it can be told to do wrong.
type ownJSON struct {
	write string // what it writes instead
	err   error
	own   []byte // what it returns instead of appending
}

func (s ownJSON) AppendMarshal(dst []byte, v any) ([]byte, error) {
	if s.own != nil {
		return s.own, nil
	}
	if s.write != "" || s.err != nil {
		return append(dst, s.write...), s.err
	}
	b, err := json.Marshal(v)
	return append(dst, b...), err
}

func (s ownJSON) Unmarshal(data []byte, v any) error {
	if s.err != nil {
		return s.err
	}
	return json.Unmarshal(data, v)
}

func TestOwnSerializer(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	own := func(s sealring.Serializer, content sealring.Content) *sealring.Codec[knownSession] {
		return mustCodec[knownSession](t, ring, &sealring.Options{
			TTL: time.Hour, Content: content, JSON: s, MessagePack: s, Now: knownClock,
		})
	}
	codec := own(ownJSON{}, sealring.JSON)
	if token := mustSeal(t, codec, knownValue); token != knownSigned {
		t.Error("another token than encoding/json's")
	}
	if value, err := codec.Open(knownSigned); err != nil || value.UserID != 123 {
		t.Errorf("%v, %v", value, err)
	}

	// The payload rules hold for what it writes, and its errors stay within.
	for name, s := range map[string]ownJSON{
		"not of the format": {write: "\xc1"}, "one key twice": {write: `{"a":1,"a":2}`}, "an error": {err: errors.New("private")},
	} {
		for _, content := range []sealring.Content{sealring.JSON, sealring.MessagePack} {
			dst, err := own(s, content).AppendSeal([]byte("before"), knownValue)
			failsWith(t, err, sealring.ErrBadPayload)
			if string(dst) != "before" || strings.Contains(fmt.Sprint(err), "private") {
				t.Errorf("%s: %q, %v", name, dst, err)
			}
		}
	}
	// One that returns a slice of its own keeps it: nothing is written there later.
	kept := append(make([]byte, 0, 4096), `"kept"`...)
	theirs := own(ownJSON{own: kept}, sealring.JSON)
	for range 100 {
		mustSeal(t, theirs, knownValue)
		mustSeal(t, codec, knownValue)
	}
	if string(kept) != `"kept"` || len(bytes.Trim(kept[len(kept):cap(kept)], "\x00")) > 0 {
		t.Errorf("a serializer's own slice was written to: %q", kept[:cap(kept)])
	}

	value, err := own(ownJSON{err: errors.New("private")}, sealring.JSON).Open(knownSigned)
	failsWith(t, err, sealring.ErrBadPayload)
	equal(t, value, knownSession{})
	bad := mustSeal(t, mustCodec[string](t, ring, &sealring.Options{TTL: time.Hour, Now: knownClock}), "x")
	_, err = own(ownJSON{}, sealring.JSON).Open(bad)
	failsWith(t, err, sealring.ErrBadPayload)
}
