package sealring_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/envelope"
)

// Types that sessions are made of.

type level uint8

type base struct {
	Tenant string `json:"tenant" msgpack:"tenant"`
}

type Inner struct {
	Deep int16 `json:"deep" msgpack:"deep"`
}

type session struct {
	base
	Inner
	Time     time.Time         `json:"time" msgpack:"time"`
	Optional *time.Time        `json:"optional" msgpack:"optional"`
	I8       int8              `json:"i8" msgpack:"i8"`
	I16      int16             `json:"i16" msgpack:"i16"`
	I32      int32             `json:"i32" msgpack:"i32"`
	I64      int64             `json:"i64" msgpack:"i64"`
	U8       uint8             `json:"u8" msgpack:"u8"`
	U16      uint16            `json:"u16" msgpack:"u16"`
	U32      uint32            `json:"u32" msgpack:"u32"`
	U64      uint64            `json:"u64" msgpack:"u64"`
	Level    level             `json:"level" msgpack:"level"`
	F32      float32           `json:"f32" msgpack:"f32"`
	F64      float64           `json:"f64" msgpack:"f64"`
	Lifetime time.Duration     `json:"lifetime" msgpack:"lifetime"`
	Bytes    []byte            `json:"bytes" msgpack:"bytes"`
	Array    [3]int8           `json:"array" msgpack:"array"`
	Digest   [4]byte           `json:"digest" msgpack:"digest"`
	Strings  []string          `json:"strings" msgpack:"strings"`
	Structs  []base            `json:"structs" msgpack:"structs"`
	Levels   []level           `json:"levels" msgpack:"levels"`
	Names    map[string]string `json:"names" msgpack:"names"`
	Flags    map[string]bool   `json:"flags" msgpack:"flags"`
	Counts   map[string]uint8  `json:"counts" msgpack:"counts"`
	Nested   map[string]base   `json:"nested" msgpack:"nested"`
	Lists    map[string][]int  `json:"lists" msgpack:"lists"`
	Pointer  *base             `json:"pointer" msgpack:"pointer"`
	Parent   *session          `json:"parent" msgpack:"parent"`
}

func sessions() map[string]session {
	now := time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)
	return map[string]session{
		"zero": {},
		"full": {
			base: base{"t"}, Inner: Inner{-300}, Time: now, Optional: &now,
			I8: -128, I16: -32768, I32: math.MinInt32, I64: math.MinInt64,
			U8: 255, U16: 65535, U32: math.MaxUint32, U64: math.MaxUint64, Level: 200,
			F32: 1.5, F64: -0.1, Lifetime: time.Hour,
			Bytes: []byte{0, 255}, Array: [3]int8{-1, 0, 127}, Digest: [4]byte{1, 2, 3, 255}, Strings: []string{"", "ü"},
			Structs: []base{{"a"}, {"b"}}, Levels: []level{0, 255}, Names: map[string]string{"a": "b", "c": "d"},
			Flags: map[string]bool{"x": true}, Counts: map[string]uint8{"n": 255}, Nested: map[string]base{"k": {"v"}},
			Lists: map[string][]int{"l": {1, -1}}, Pointer: &base{"p"}, Parent: &session{I8: 1},
		},
		"empty": {
			Bytes: []byte{}, Strings: []string{}, Structs: []base{}, Levels: []level{}, Names: map[string]string{},
			Flags: map[string]bool{}, Counts: map[string]uint8{}, Nested: map[string]base{}, Lists: map[string][]int{},
		},
		"the least a time can be": {Time: time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)},
		"the most a time can be":  {Time: time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC)},
	}
}

// serializers are options for each serializer that holds typed values.
func serializers() map[string]*sealring.Options {
	return map[string]*sealring.Options{
		"json":        {TTL: time.Hour, Now: knownClock},
		"messagepack": {TTL: time.Hour, Now: knownClock, Content: sealring.MessagePack},
	}
}

func TestTypesComeBack(t *testing.T) {
	for name, o := range serializers() {
		codec := mustCodec[session](t, mustRing(t, knownKey(t, "")), o)
		pointers := mustCodec[*session](t, mustRing(t, knownKey(t, "")), o)
		for what, want := range sessions() {
			t.Run(name+"/"+what, func(t *testing.T) {
				got, err := codec.Open(mustSeal(t, codec, want))
				if err != nil {
					t.Fatal(err)
				}
				// nil and empty stay apart; times are the same moment, whatever their zone.
				equal(t, got, want)
				again, err := pointers.Open(mustSeal(t, pointers, &want))
				if err != nil {
					t.Fatal(err)
				}
				equal(t, again, &want)
			})
		}
	}
}

// comesBack seals and opens a value of any type.
func comesBack[T any](t *testing.T, o *sealring.Options, values ...T) {
	t.Helper()
	codec := mustCodec[T](t, mustRing(t, knownKey(t, "")), o)
	for _, want := range values {
		token, err := codec.Seal(want)
		if err != nil {
			t.Errorf("%T: %v", want, err)
			continue
		}
		got, err := codec.Open(token)
		if err != nil {
			t.Errorf("%T: %v", want, err)
		}
		equal(t, got, want)
	}
}

func TestScalarsAndMapsComeBack(t *testing.T) {
	for _, o := range serializers() {
		comesBack(t, o, "", "x", "\x00\u2028\ufffd\\ufffd</script>&")
		comesBack(t, o, 0, -1)
		comesBack(t, o, int64(0), -1, math.MaxInt64, math.MinInt64)
		comesBack(t, o, uint64(math.MaxUint64))
		comesBack(t, o, int8(-128), 127)
		comesBack(t, o, true, false)
		comesBack(t, o, 0.1, -math.MaxFloat64, math.SmallestNonzeroFloat64)
		comesBack(t, o, []byte{}, []byte{1}, nil)
		comesBack(t, o, []string{}, []string{"a"}, nil)
		comesBack(t, o, time.Unix(1, 5).UTC())
		comesBack(t, o, map[string]string{}, map[string]string{"a": "b"}, nil)
		comesBack(t, o, map[string]any{"s": "x", "b": true, "n": nil, "l": []any{"y"}, "m": map[string]any{"k": "v"}})
		comesBack[any](t, o, nil, "x", true, []any{"a", nil}, map[string]any{})
		comesBack(t, o, map[namedKey]int{"a": 1})
		comesBack(t, o, struct{}{})
	}
}

type namedKey string

// The option "string" of a struct tag puts JSON into a string.
func TestQuotedFieldsComeBack(t *testing.T) {
	type quoted struct {
		Int  int      `json:"int,string"`
		F    *float64 `json:"f,string"`
		Text string   `json:"text,omitempty,string"`
	}
	comesBack(t, serializers()["json"], quoted{}, quoted{-1, new(0.5), "\"\ufffd\\"})
}

func TestJSONMapsOfOtherKeysComeBack(t *testing.T) {
	o := serializers()["json"]
	comesBack(t, o, map[level]string(nil), map[level]string{255: "x"})
	comesBack(t, o, map[int8]bool{-128: true})
	comesBack(t, o, map[notText]int{"k": 1})
}

func TestEmbeddedPointersComeBack(t *testing.T) {
	type embeds struct {
		*Inner
		Name string
	}
	comesBack(t, serializers()["json"], embeds{nil, "x"}, embeds{&Inner{1}, "x"})
	type named struct {
		*Inner `msgpack:"inner,noinline"`
		Name   string
	}
	comesBack(t, serializers()["messagepack"], named{nil, "x"}, named{&Inner{1}, "x"})
}

func TestRawComesBack(t *testing.T) {
	type named []byte
	type text string
	o := &sealring.Options{TTL: time.Hour, Content: sealring.Raw}
	comesBack(t, o, []byte{}, []byte{0, 255, 0})
	comesBack(t, o, "", "\xff\x00")
	comesBack(t, o, named("x"))
	comesBack(t, o, text("x"))
}

// Numbers that go to an interface stay exact.
func TestNumbersStayExact(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	codec := mustCodec[map[string]any](t, ring, serializers()["json"])
	token := mustSeal(t, codec, map[string]any{"n": int64(1<<53 + 1), "u": uint64(math.MaxUint64), "f": 0.1})
	got, err := codec.Open(token)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, map[string]any{
		"n": json.Number("9007199254740993"), "u": json.Number("18446744073709551615"), "f": json.Number("0.1"),
	})
	if again := mustSeal(t, codec, got); again != token {
		t.Error("sealed again, it is another token")
	}

	packed := mustCodec[map[string]any](t, ring, serializers()["messagepack"])
	got, err = packed.Open(mustSeal(t, packed, map[string]any{"n": int64(1<<53 + 1), "u": uint64(math.MaxUint64)}))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, map[string]any{"n": uint64(1<<53 + 1), "u": uint64(math.MaxUint64)})
}

// marshalsAs writes its own JSON.
type marshalsAs string

func (m marshalsAs) MarshalJSON() ([]byte, error) {
	if m == "error" {
		return nil, errors.New("private")
	}
	return []byte(m), nil
}

// notText is a key that does not marshal as text in MessagePack.
type notText string

func (n notText) MarshalText() ([]byte, error)     { return []byte(n), nil }
func (n *notText) UnmarshalText(text []byte) error { *n = notText(text); return nil }

// writesItself uses the encoder of msgpack/v5 as it likes.
type writesItself func(*msgpack.Encoder) error

func (w writesItself) EncodeMsgpack(e *msgpack.Encoder) error { return w(e) }
func (w writesItself) DecodeMsgpack(*msgpack.Decoder) error   { return nil }

// ring points to the next of its kind.
type ring struct{ Next *ring }

func loopOfRings() *ring {
	r := new(ring)
	r.Next = r
	return r
}

// decoder decodes itself, and leaves encoding to msgpack/v5.
type decoder struct{ Next *decoder }

func (d *decoder) DecodeMsgpack(*msgpack.Decoder) error { return nil }

func loopOfDecoders() *decoder {
	d := new(decoder)
	d.Next = d
	return d
}

// shared is n deep and has 2^n ways through it.
func shared(n int) any {
	var v any = "end"
	for range n {
		v = []any{v, v}
	}
	return v
}

type fork struct{ Left, Right *fork }

func sharedStructs(n int) *fork {
	var v *fork
	for range n {
		v = &fork{v, v}
	}
	return v
}

// dash has its field under the name "-", which is none to leave out in JSON.
type dash struct {
	//lint:ignore SA5008 encoding/json knows the field as "-"
	Both []*dash `json:"-,"`
}

func sharedDashes(n int) *dash {
	v := new(dash)
	for range n {
		v = &dash{[]*dash{v, v}}
	}
	return v
}

// marshalsOtherwise writes a key that encoding/json would take for its field, and the check does not.
type marshalsOtherwise struct {
	Name string `json:"name"`
}

func (m marshalsOtherwise) MarshalJSON() ([]byte, error) { return []byte(`{"NAME":"x"}`), nil }

// What opening would refuse, sealing refuses, and names the value.
func TestSealingRefuses(t *testing.T) {
	deep := func(n int) any {
		var v any
		for range n {
			v = []any{v}
		}
		return v
	}
	self := map[string]any{}
	self["self"] = self
	var pointer any
	pointer = &pointer
	loop := &session{}
	loop.Parent = loop

	type named struct {
		Score  float64         `json:"score" msgpack:"score"`
		Number json.Number     `json:"number" msgpack:"number"`
		Raw    json.RawMessage `json:"raw" msgpack:"raw"`
	}
	type quoted struct {
		Text *string `json:",string"`
	}
	for _, test := range []struct {
		name, serializer string
		value            any
		says             string
	}{
		{"NaN", "json", math.NaN(), "NaN"},
		{"infinity in a field", "json", named{Score: math.Inf(1)}, "Inf"},
		{"a channel in any", "json", make(chan int), "chan int"},
		{"a number of 401 digits", "json", named{Number: json.Number(strings.Repeat("1", 401))}, "number"},
		{"a number beyond binary64", "json", named{Number: "1e999"}, "number: number beyond binary64"},
		{"one key twice", "json", named{Raw: json.RawMessage(`{"a":1,"a":2}`)}, "raw: an object has a key twice"},
		{"half of a surrogate pair", "json", marshalsAs(`["\ud800"]`), "[0]: half of a surrogate pair"},
		{"an error", "json", marshalsAs("error"), "marshalsAs"},
		{"text that is not UTF-8", "json", "a\xff", "UTF-8"},
		{"a key that is not UTF-8", "json", map[string]any{"\xfe": 1}, "UTF-8"},
		{"quoted text that is not UTF-8", "json", quoted{new("a\xff")}, "UTF-8"},
		{"too deep", "json", deep(101), "nested too deep"},
		{"in itself", "json", self, "nested too deep"},
		{"a pointer to itself", "json", pointer, "nested too deep"},

		{"NaN", "messagepack", math.NaN(), "not finite"},
		{"infinity in a field", "messagepack", named{Score: math.Inf(-1)}, "score: float that is not finite"},
		{"infinity as float32", "messagepack", []any{float32(1), float32(math.Inf(1))}, "[1]: float that is not finite"},
		{"a channel in any", "messagepack", make(chan int), "marshal"},
		{"text that is not UTF-8", "messagepack", map[string]any{"k": "a\xff"}, "k: text that is not UTF-8"},
		{"a key that is not UTF-8", "messagepack", map[string]any{"\xfe": 1}, "text that is not UTF-8"},
		{"integer keys", "messagepack", map[int]int{1: 1}, "key that is not text"},
		{"keys that are binary", "messagepack", map[notText]int{"k": 1}, "key that is not text"},
		{"too deep", "messagepack", deep(101), "nested too deep"},
		{"in itself", "messagepack", self, "nested too deep"},
		{"a pointer to itself", "messagepack", pointer, "nested too deep"},
		{"a key that points to itself", "messagepack", map[any]any{&ring{}: 1, loopOfRings(): 1}, "nested too deep"},
		{"in itself, decodes itself", "messagepack", loopOfDecoders(), "nested too deep"},
		{"a million deep", "json", deep(1000000), "nested too deep"},
		{"a million deep", "messagepack", deep(1000000), "nested too deep"},
		{"shared parts", "json", shared(60), "too many values"},
		{"shared parts", "messagepack", shared(60), "too many values"},
		{"shared structs", "messagepack", sharedStructs(60), "too many values"},
		{"shared under the name -", "json", sharedDashes(60), "too many values"},
		{"a key of another case", "json", marshalsOtherwise{"x"}, "letter case alone"},
		{"a struct in itself", "messagepack", loop, "nested too deep"},
		{"too many values", "messagepack", make([]bool, 65536), "too many values"},
		{"year 10000", "messagepack", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "out of range"},
		{"year 0", "messagepack", time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC), "out of range"},
		{"year 10000", "json", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), "marshal"},
		{"another extension", "messagepack", writesItself(func(e *msgpack.Encoder) error {
			return errors.Join(e.EncodeExtHeader(5, 1), e.EncodeNil())
		}), "extension"},
		{"nothing", "messagepack", writesItself(func(*msgpack.Encoder) error { return nil }), "truncated"},
		{"an error", "messagepack", writesItself(func(*msgpack.Encoder) error { return errors.New("private") }), "marshal"},
		{"a panic", "messagepack", writesItself(func(*msgpack.Encoder) error { panic("private") }), "marshal"},
	} {
		t.Run(test.serializer+"/"+test.name, func(t *testing.T) {
			var token string
			var err error
			if value, ok := test.value.(marshalsOtherwise); ok { // the type must be known to the codec
				codec := mustCodec[marshalsOtherwise](t, mustRing(t, knownKey(t, "")), serializers()[test.serializer])
				token, err = codec.Seal(value)
			} else {
				codec := mustCodec[any](t, mustRing(t, knownKey(t, "")), serializers()[test.serializer])
				token, err = codec.Seal(test.value)
			}
			failsWith(t, err, sealring.ErrBadPayload)
			if token != "" || err == nil || !strings.Contains(err.Error(), test.says) || strings.Contains(err.Error(), "private") {
				t.Errorf("token %q, error %v, want it to say %q", token, err, test.says)
			}
			// Nothing that failed disturbs what comes after it.
			comesBack[any](t, serializers()[test.serializer], "after", []any{"after"})
		})
	}
	comesBack(t, &sealring.Options{TTL: time.Hour, Content: sealring.MessagePack, MaxEnvelope: 1 << 20}, make([]bool, 65535))
	mustSeal(t, mustCodec[any](t, mustRing(t, knownKey(t, "")), serializers()["messagepack"]), deep(100))
	mustSeal(t, mustCodec[any](t, mustRing(t, knownKey(t, "")), serializers()["json"]), deep(100))
}

// A type that writes with settings of its own leaves the next value alone.
func TestEncoderSettingsDoNotStay(t *testing.T) {
	o := serializers()["messagepack"]
	codec := mustCodec[any](t, mustRing(t, knownKey(t, "")), o)
	before := mustSeal(t, codec, any(knownValue))
	for range 100 {
		mustSeal(t, codec, any(writesItself(func(e *msgpack.Encoder) error {
			e.UseArrayEncodedStructs(true)
			e.SetOmitEmpty(true)
			e.UseInternedStrings(true)
			e.UseCompactInts(false)
			return e.EncodeNil()
		})))
		if mustSeal(t, codec, any(knownValue)) != before {
			t.Fatal("another token")
		}
	}
}

// openAs seals a body of a content and opens it as a T.
func openAs[T any](t *testing.T, content sealring.Content, body string) (T, error) {
	t.Helper()
	ring := mustRing(t, knownKey(t, ""))
	o := &sealring.Options{TTL: time.Hour, Content: content, Now: knownClock}
	sealer, err := sealring.NewSealer(ring, "session", o)
	if err != nil {
		t.Fatal(err)
	}
	token, err := sealer.AppendSeal(nil, []byte(body), nil)
	if err != nil {
		t.Fatalf("%x: %v", body, err)
	}
	return mustCodec[T](t, ring, o).Open(string(token))
}

func opens[T any](t *testing.T, content sealring.Content, body string, want T) {
	t.Helper()
	got, err := openAs[T](t, content, body)
	if err != nil {
		t.Errorf("%x as %T: %v", body, got, err)
	}
	equal(t, got, want)
}

func opensNot[T any](t *testing.T, content sealring.Content, body string) {
	t.Helper()
	got, err := openAs[T](t, content, body)
	if !errors.Is(err, sealring.ErrBadPayload) {
		t.Errorf("%x as %T: %v, %v", body, got, got, err)
	}
	var zero T
	equal(t, got, zero)
}

// An integer that a field cannot hold is refused; msgpack/v5 would wrap it.
func TestIntegersDoNotWrap(t *testing.T) {
	const c = sealring.MessagePack
	opens(t, c, "\xcc\xff", uint8(255))
	opensNot[uint8](t, c, "\xcd\x01\x00")                         // 256
	opensNot[uint8](t, c, "\xff")                                 // -1
	opens(t, c, "\xcd\x00\x05", uint8(5))                         // not minimal, and in range
	opens(t, c, "\x7f", int8(127))                                //
	opensNot[int8](t, c, "\xcc\x80")                              // 128
	opens(t, c, "\xd0\x80", int8(-128))                           //
	opensNot[int8](t, c, "\xd1\xff\x7f")                          // -129
	opensNot[uint32](t, c, "\xff")                                // -1
	opensNot[int32](t, c, "\xce\x80\x00\x00\x00")                 // 2^31
	opensNot[int64](t, c, "\xcf\x80\x00\x00\x00\x00\x00\x00\x00") // 2^63
	opens(t, c, "\xcf\x7f\xff\xff\xff\xff\xff\xff\xff", int64(math.MaxInt64))
	opensNot[uint64](t, c, "\xd3\xff\xff\xff\xff\xff\xff\xff\xff") // -1
	opens(t, c, "\xd3\x00\x00\x00\x00\x00\x00\x00\x05", uint8(5))
	opensNot[time.Duration](t, c, "\xcf\x80\x00\x00\x00\x00\x00\x00\x00")

	type inner struct {
		N uint8 `msgpack:"n"`
	}
	type outer struct {
		inner
		Big     uint64           `msgpack:"big"`
		Any     any              `msgpack:"any"`
		List    []inner          `msgpack:"list"`
		Array   [2]int8          `msgpack:"array"`
		Map     map[string]inner `msgpack:"map"`
		Pointer **inner          `msgpack:"pointer"`
		Named   inner            `msgpack:"named,alias:other"`
		Ignored int8             `msgpack:"-"`
	}
	// The wide field beside the narrow one may be large; each way to the narrow one is watched.
	opens(t, c, "\x82\xa3big\xcd\x01\x00\xa1n\x05", outer{inner: inner{5}, Big: 256})
	opens(t, c, "\x81\xa3any\xcd\x01\x00", outer{Any: uint16(256)})
	opens(t, c, "\x81\xa7unknown\xcd\x01\x00", outer{})
	opens(t, c, "\x81\xa7Ignored\xcd\x01\x00", outer{})
	for _, body := range []string{
		"\x81\xa1n\xcd\x01\x00",
		"\x81\xa4list\x92\x81\xa1n\x05\x81\xa1n\xcd\x01\x00",
		"\x81\xa4list\x91\x91\xcd\x01\x00", // a struct as an array
		"\x81\xa5array\x92\x01\xcc\x80",
		"\x81\xa3map\x81\xa1k\x81\xa1n\xff",
		"\x81\xa7pointer\x81\xa1n\xcd\x01\x00",
		"\x81\xa5named\x81\xa1n\xcd\x01\x00",
		"\x81\xa5other\x81\xa1n\xcd\x01\x00",
		"\x81\xa5inner\x81\xa1n\xcd\x01\x00",
	} {
		opensNot[outer](t, c, body)
	}
	// Integers get into floats by way of int64.
	opensNot[float64](t, c, "\xcf\x80\x00\x00\x00\x00\x00\x00\x00")
	opensNot[struct{ F float32 }](t, c, "\x81\xa1F\xcf\xff\xff\xff\xff\xff\xff\xff\xff")
	opens(t, c, "\xcf\x00\x00\x00\x00\x00\x00\x01\x00", 256.0)
	opens(t, c, "\xff", -1.0)

	opensNot[uint8](t, sealring.JSON, "256")
	opensNot[uint32](t, sealring.JSON, "-1")
	opensNot[int64](t, sealring.JSON, "9223372036854775808")
}

// A timestamp where a map goes makes msgpack/v5 take its bytes for the header of a map of 2^32 entries.
func TestTimestampIsNoMap(t *testing.T) {
	const timestamp = "\xd7\xff\xdf\xff\xff\xff\xff\xff\xff\xff" // nanoseconds 939524095
	const c = sealring.MessagePack
	opensNot[map[string]any](t, c, timestamp)
	opensNot[map[string]string](t, c, timestamp)
	opensNot[map[string]int](t, c, timestamp)
	opensNot[[]map[string]any](t, c, "\x91"+timestamp)
	opensNot[session](t, c, "\x81\xa5names"+timestamp)
	opens(t, c, timestamp, time.Unix(0x3ffffffff, 939524095))
	opens(t, c, "\x81\xa1k"+timestamp, map[string]any{"k": time.Unix(0x3ffffffff, 939524095)})
	got, err := openAs[session](t, c, "\x82\xa7unknown"+timestamp+"\xa4time"+timestamp)
	if err != nil || got.Time.IsZero() {
		t.Error(err)
	}
}

// Bin is no text, though msgpack/v5 would put it into a string.
func TestBinIsNoText(t *testing.T) {
	const c = sealring.MessagePack
	opensNot[string](t, c, "\xc4\x02\xff\xfe")
	opensNot[map[string]string](t, c, "\x81\xa1k\xc4\x01x")
	opensNot[session](t, c, "\x81\xa6tenant\xc4\x01x")
	opens(t, c, "\xc4\x02\xff\xfe", []byte("\xff\xfe"))
	opens(t, c, "\xa1x", []byte("x"))
	opens(t, c, "\x82\xa5bytes\xc4\x01x\xa6tenant\xa1t", session{base: base{"t"}, Bytes: []byte("x")})
}

// A time.Time is a timestamp and nothing else, also where it is all that there is.
func TestTimeIsATimestamp(t *testing.T) {
	const c = sealring.MessagePack
	opens(t, c, "\xd6\xff\x00\x00\x00\x01", time.Unix(1, 0))
	opensNot[time.Time](t, c, "\x92\xcf\xff\xff\xff\xff\xff\xff\xff\xff\x00")
	opensNot[time.Time](t, c, "\x92\x01\x00")
	opensNot[time.Time](t, c, "\xb42026-01-01T00:00:00Z")
	opensNot[time.Time](t, c, "\xc0")
}

// Bodies that cost msgpack/v5 gigabytes or the stack, sealed by somebody who has the key: none costs more than its bytes.
func TestHostileMessagePack(t *testing.T) {
	key := envelope.NewSigningKey((*[envelope.SecretSize]byte)(decoded(t, knownSecret[len("srk1_"):])), "session")
	ring := mustRing(t, knownKey(t, ""))
	o := &sealring.Options{
		TTL: time.Hour, Content: sealring.MessagePack, MaxEnvelope: 16 << 20, MaxDecoded: 16 << 20, Now: knownClock,
	}
	codec, typed := mustCodec[any](t, ring, o), mustCodec[session](t, ring, o)
	for name, body := range map[string]string{
		"an array of 50 million":       "\xdd\x02\xff\xff\xff",
		"bin of 2 GiB":                 "\xc6\x7f\xff\xff\xff",
		"a map of 4 billion":           "\xdf\xff\xff\xff\xff",
		"in a field":                   "\x81\xa7strings\xdd\x02\xff\xff\xff",
		"arrays in each other":         strings.Repeat("\x91", 6<<20),
		"arrays in each other, closed": strings.Repeat("\x91", 6<<20) + "\xc0",
		"maps in each other":           strings.Repeat("\x81\xa0", 3<<20),
		"values without end":           "\xdd\x00\x60\x00\x00" + strings.Repeat("\x90", 6<<20),
	} {
		h := &envelope.Header{
			Suite: envelope.Signed, Content: envelope.MessagePack, Issued: knownIssued, KeyID: knownKey(t, "").Secret.KeyID(),
		}
		sealed := envelope.AppendSigned(nil, h, []byte(body), nil, key)
		before := allocated()
		value, _, err := codec.OpenBinary(sealed)
		failsWith(t, err, sealring.ErrBadPayload)
		_, _, err = typed.OpenBinary(sealed)
		failsWith(t, err, sealring.ErrBadPayload)
		if n := allocated() - before; value != nil || n > 4<<20 {
			t.Errorf("%s: %d bytes allocated", name, n)
		}
	}
}

// A list whose elements are large in memory and small in a body has no more of them than a bounded memory holds.
func TestLargeElements(t *testing.T) {
	type large struct{ Names [4096]string } // 64 KiB, half of it where a pointer has 32 bits
	body := "\xdc\x10\x00" + strings.Repeat("\x80", 4096)
	opensNot[[]large](t, sealring.MessagePack, body)
	// By whatever way the body gets to them: pointers, maps, fields, lists in lists.
	opensNot[[]*large](t, sealring.MessagePack, body)
	opensNot[[]struct{ P **large }](t, sealring.MessagePack, "\xdc\x10\x00"+strings.Repeat("\x81\xa1P\x80", 4096))
	opensNot[[]struct{ P **large }](t, sealring.MessagePack, "\xdc\x10\x00"+strings.Repeat("\x91\x80", 4096))
	opensNot[[][1]*large](t, sealring.MessagePack, "\xdc\x10\x00"+strings.Repeat("\x91\x80", 4096))
	opensNot[[][]large](t, sealring.MessagePack, "\xdc\x10\x00"+strings.Repeat("\x91\x80", 4096))
	opensNot[[]*large](t, sealring.JSON, "["+strings.Repeat("{},", 4095)+"{}]")
	opensNot[[]struct{ P **large }](t, sealring.JSON, "["+strings.Repeat(`{"P":{}},`, 4095)+"{}]")
	opensNot[[][1]*large](t, sealring.JSON, "["+strings.Repeat("[{}],", 4095)+"[{}]]")
	opensNot[[][]large](t, sealring.JSON, "["+strings.Repeat("[{}],", 4095)+"[{}]]")
	names, packed := new(strings.Builder), new(strings.Builder)
	for i := range 4096 {
		fmt.Fprintf(names, `"%04d":{},`, i)
		fmt.Fprintf(packed, "\xa4%04d\x80", i)
	}
	opensNot[map[string]large](t, sealring.JSON, "{"+strings.TrimSuffix(names.String(), ",")+"}")
	opensNot[map[string]*large](t, sealring.MessagePack, "\xde\x10\x00"+packed.String())
	// Few of them, and many of what is small, are none of this.
	opens(t, sealring.JSON, `[{"P":{}}]`, []struct{ P *large }{{new(large)}})
	opens(t, sealring.JSON, `{"L":{},"a":[{}]}`, struct {
		L large
		A [2]*large `json:"a"`
	}{A: [2]*large{new(large)}})
	opens(t, sealring.MessagePack, "\x81\xa1P\x80", struct{ P *large }{new(large)})
	opensNot[[]large](t, sealring.JSON, "["+strings.Repeat("{},", 4095)+"{}]")
	got, err := openAs[[]large](t, sealring.JSON, "["+strings.Repeat("{},", 99)+"{}]")
	if err != nil || len(got) != 100 {
		t.Errorf("%d, %v", len(got), err)
	}
	if got, err := openAs[[]large](t, sealring.MessagePack, "\x9f"+strings.Repeat("\x80", 15)); err != nil || len(got) != 15 {
		t.Errorf("%d, %v", len(got), err)
	}
	// Sealing refuses what would not open, though it be few bytes once compressed.
	type optional struct {
		Name  string     `json:",omitempty"`
		Cache [300]int64 `json:"-"`
	}
	codec := mustCodec[[]optional](t, mustRing(t, knownKey(t, "")), &sealring.Options{TTL: time.Hour, Deflate: true})
	token, err := codec.Seal(make([]optional, 100_000))
	failsWith(t, err, sealring.ErrBadPayload)
	if token != "" {
		t.Error("a token that would not open")
	}
	mustSeal(t, codec, make([]optional, 5000))
	opensNot[[2]int](t, sealring.JSON, "[1,2,3]")
	opens(t, sealring.JSON, "[1]", [2]int{1, 0})
	opens(t, sealring.JSON, "[]", [0]int{})
}

// Keys that are integers in Go have one text each.
func TestIntegerKeys(t *testing.T) {
	for _, body := range []string{`{"1":"user","+1":"admin"}`, `{"01":""}`, `{"-0":""}`, `{"":""}`, `{"-":""}`, `{"1 ":""}`, `{"1e0":""}`} {
		opensNot[map[int]string](t, sealring.JSON, body)
	}
	opens(t, sealring.JSON, `{"1":"a","-1":"b","0":"c"}`, map[int]string{1: "a", -1: "b", 0: "c"})
	opens(t, sealring.JSON, `{"01":1}`, map[notText]int{"01": 1})
}

// What fits the rules and not the type is a bad payload, also where msgpack/v5 panics.
func TestTypeMismatches(t *testing.T) {
	const c = sealring.MessagePack
	opensNot[time.Time](t, c, "\x01")
	opensNot[struct{ Time time.Time }](t, c, "\x81\xa4Time\xc0") // a panic in msgpack/v5
	opensNot[string](t, c, "\x01")
	opensNot[[]string](t, c, "\x81\xa1a\x01")
	opensNot[session](t, c, "\x92\x01\x02")
	opensNot[[2]int8](t, c, "\x93\x01\x02\x03")
	opensNot[bool](t, c, "\x01")
	opensNot[int](t, c, "\xa11")
	opensNot[int](t, c, "\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00")
	opensNot[struct{ W writesItself }](t, c, "\x81\xa1W\x01") // leaves what it ought to read

	const j = sealring.JSON
	opensNot[string](t, j, "1")
	opensNot[int](t, j, "1.5")
	opensNot[time.Time](t, j, `"yesterday"`)
	opensNot[session](t, j, `[]`)
	opensNot[[]string](t, j, `{"a":1}`)
	opensNot[float32](t, j, `1e300`)
	comesBack(t, serializers()["messagepack"], "after")
}

// A key that matches a field by letter case alone is refused wherever a struct is, and nowhere else.
func TestLetterCase(t *testing.T) {
	type role struct {
		Admin bool `json:"admin"`
		K     int  `json:"k"`
		Plain string
	}
	type user struct {
		role
		Roles  []role          `json:"roles"`
		ByName map[string]role `json:"by_name"`
		Best   *role           `json:"best"`
		Any    any             `json:"any"`
		Hidden string          `json:"-"`
		//lint:ignore SA5008 encoding/json knows the field as "-"
		Dash string `json:"-,"`
		//lint:ignore SA5008 no name that encoding/json takes: the field keeps its own
		Odd string `json:"a'b"`
	}
	const c = sealring.JSON
	for _, body := range []string{
		`{"ADMIN":true}`, `{"admin":false,"ADMIN":true}`, `{"Admin":true}`, `{"\u0041dmin":true}`, `{"plain":"x"}`,
		`{"roles":[{"admin":true},{"aDmin":true}]}`, `{"by_name":{"x":{"ADMIN":true}}}`, `{"best":{"ADMIN":true}}`,
		`{"Roles":[]}`, `{"\u212a":1}`, `{"ODD":"x"}`,
	} {
		opensNot[user](t, c, body)
	}
	opens(t, c, `{"admin":true,"Plain":"x","k":1}`, user{role: role{true, 1, "x"}})
	opens(t, c, `{"by_name":{"ADMIN":{"admin":true}}}`, user{ByName: map[string]role{"ADMIN": {Admin: true}}})
	opens(t, c, `{"any":{"ADMIN":true,"admin":false}}`, user{Any: map[string]any{"ADMIN": true, "admin": false}})
	opens(t, c, `{"unknown":{"ADMIN":true},"Hidden":"x","-":"d","Odd":"o"}`, user{Dash: "d", Odd: "o"})
	opens(t, c, `{"ADMIN":true,"admin":false}`, map[string]bool{"ADMIN": true, "admin": false})

	// Of several fields of one name encoding/json knows the least embedded, a tagged one first, or none.
	type a struct{ Name, Only string }
	type b struct {
		Name string
		Tag  string `json:"tag"`
	}
	type both struct {
		a
		*b
		Tag int `json:"tag"`
	}
	opens(t, c, `{"Name":"x","name":"y","Only":"o","tag":1}`, both{a: a{Only: "o"}, Tag: 1})
	opensNot[both](t, c, `{"only":"x"}`)
	opensNot[both](t, c, `{"TAG":1}`)
	type tagged struct {
		a
		Other string `json:"Name"`
	}
	opens(t, c, `{"Name":"x"}`, tagged{Other: "x"})
}

// A value is looked at where its encoder looks, and nowhere else: the rest may be in use, large, or a way back.
func TestOtherFieldsAreLeftAlone(t *testing.T) {
	type tree struct {
		Name     string
		Children []*tree
		Data     map[string]any
		Parent   *tree `json:"-" msgpack:"-"`
		cache    map[string]*tree
	}
	root := &tree{Name: "root", Data: map[string]any{"k": "v"}, cache: map[string]*tree{}}
	child := &tree{Name: "child", Parent: root}
	root.Children, root.cache["root"] = []*tree{child}, root
	for name, o := range serializers() {
		codec := mustCodec[*tree](t, mustRing(t, knownKey(t, "")), o)
		got, err := codec.Open(mustSeal(t, codec, root))
		if err != nil || len(got.Children) != 1 || got.Children[0].Name != "child" {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Untyped and endless types are checked on sealing; others need no second look, and what they write opens.
func TestEndlessTypes(t *testing.T) {
	type node struct {
		Name string
		Next *node `json:",omitempty" msgpack:",omitempty"`
	}
	for _, o := range serializers() {
		comesBack(t, o, node{"a", &node{"b", nil}})
		codec := mustCodec[node](t, mustRing(t, knownKey(t, "")), o)
		long := &node{Name: "end"}
		for range 99 {
			long = &node{"n", long}
		}
		mustSeal(t, codec, *long)
		_, err := codec.Seal(node{"n", long})
		failsWith(t, err, sealring.ErrBadPayload)
	}
}
