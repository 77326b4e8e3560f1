package sealring_test

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/sealring/sealring"
)

// Types with json tags alone, as most programs have them.

type tagged struct {
	ID      int    `json:"user_id"`
	Renamed string `json:"name" msgpack:"n"`
	Hidden  string `json:"-"`
	Kept    string `json:"-" msgpack:"kept"`
	Own     string `json:",omitempty"`
	Text    int8   `json:"text,string"`
	Zero    uint8  `json:"zero,omitzero"`
	Plain   bool
}

type taggedBase struct {
	Tenant string `json:"tenant"`
	Level  uint8  `json:"level,omitempty"`
}

type taggedSession struct {
	taggedBase
	Shown   `json:",inline"`
	ID      uint16            `json:"id"`
	Seen    time.Time         `json:"seen,omitempty"`
	Last    *time.Time        `json:"last,omitempty"`
	Home    *taggedBase       `json:"home,omitempty"`
	Roles   []taggedBase      `json:"roles,omitempty"`
	Flags   map[string]bool   `json:"flags,omitempty"`
	Digest  [2]byte           `json:"digest,omitempty"`
	ByName  map[string]tagged `json:"by_name"`
	Address netip.Addr        `json:"address"`
}

// names seals a value as MessagePack and returns what it says, by the names that other readers see.
func names[T any](t *testing.T, value T) map[string]any {
	t.Helper()
	ring := mustRing(t, knownKey(t, ""))
	o := serializers()["messagepack"]
	got, err := mustCodec[map[string]any](t, ring, o).Open(mustSeal(t, mustCodec[T](t, ring, o), value))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// Where a field has no msgpack tag, its json tag names it: what other programs seal by those names is not lost.
func TestJSONTagsNameMessagePackFields(t *testing.T) {
	value := tagged{ID: 300, Renamed: "r", Hidden: "h", Kept: "k", Text: 5}
	equal(t, names(t, value), map[string]any{
		"user_id": uint16(300), "n": "r", "kept": "k", "text": int8(5), "zero": int8(0), "Plain": false,
	})
	opens(t, sealring.MessagePack, "\x82\xa7user_id\x7b\xa4name\xa1x", tagged{ID: 123})
	opens(t, sealring.MessagePack, "\x82\xa2ID\x7b\xa6Hidden\xa1x", tagged{})
	opens(t, sealring.MessagePack, "\x81\xa1n\xa1x", tagged{Renamed: "x"})

	equal(t, names(t, taggedSession{taggedBase: taggedBase{Tenant: "t"}, Shown: Shown{7}, ByName: map[string]tagged{}}),
		map[string]any{
			"tenant": "t", "N": int8(7), "id": int8(0), "digest": []byte{0, 0}, "by_name": map[string]any{}, "address": []byte{},
		})
}

func TestTaggedTypesComeBack(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for _, o := range serializers() {
		comesBack(t, o, tagged{}, tagged{ID: 1, Renamed: "r", Own: "o", Text: -5, Zero: 9, Plain: true})
		comesBack(t, o, taggedSession{}, taggedSession{
			taggedBase: taggedBase{"t", 255}, Shown: Shown{7}, ID: 65535, Seen: now, Last: &now, Home: &taggedBase{"h", 1},
			Roles: []taggedBase{{"a", 0}, {}}, Flags: map[string]bool{"x": false}, Digest: [2]byte{1, 2},
			ByName: map[string]tagged{"k": {ID: -1}}, Address: netip.MustParseAddr("192.0.2.1"),
		})
	}
}

// The range of a field is watched under its json name, and not under that of Go.
func TestIntegersDoNotWrapUnderJSONNames(t *testing.T) {
	const c = sealring.MessagePack
	for _, body := range []string{
		"\x81\xa2id\xce\x00\x01\x00\x00",
		"\x81\xa5level\xcd\x01\x00",
		"\x81\xa4home\x81\xa5level\xff",
		"\x81\xa5roles\x91\x82\xa6tenant\xa1t\xa5level\xcd\x01\x00",
		"\x81\xa5roles\x91\x92\xa1t\xcd\x01\x00",
		"\x81\xa7by_name\x81\xa1k\x81\xa4text\xcc\x80",
	} {
		opensNot[taggedSession](t, c, body)
	}
	opens(t, c, "\x81\xa5Level\xcd\x01\x00", taggedSession{})
	opens(t, c, "\x82\xa2id\xcd\xff\xff\xa5level\xcc\xff", taggedSession{ID: 65535, taggedBase: taggedBase{Level: 255}})
}

type selfEncoding struct {
	N int `json:"n,omitempty"`
}

func (s selfEncoding) EncodeMsgpack(e *msgpack.Encoder) error  { return e.EncodeInt(int64(s.N) + 1) }
func (s *selfEncoding) DecodeMsgpack(d *msgpack.Decoder) error { _, err := d.DecodeInt(); return err }

// A json tag that MessagePack cannot follow is refused where the codec is made, and a msgpack tag helps.
func TestJSONTagsThatMessagePackCannotFollow(t *testing.T) {
	ring := mustRing(t, knownKey(t, ""))
	type Base struct {
		ID   int    `json:"id"`
		Name string `json:"name"`
	}
	check := func(name string, says string, json, messagePack error) {
		t.Helper()
		if json != nil {
			t.Errorf("%s: JSON refuses it: %v", name, json)
		}
		if says == "" {
			if messagePack != nil {
				t.Errorf("%s: %v", name, messagePack)
			}
			return
		}
		failsWith(t, messagePack, sealring.ErrConfig)
		if messagePack == nil || !strings.Contains(messagePack.Error(), says) {
			t.Errorf("%s: %v, want it to say %q", name, messagePack, says)
		}
	}
	with := func(json, messagePack error) func(name, says string) {
		return func(name, says string) { t.Helper(); check(name, says, json, messagePack) }
	}

	with(makes[struct {
		//lint:ignore SA5008 encoding/json knows the field as "-"
		N int `json:"-,"`
	}](ring))("a dash for a name", "field N")
	with(makes[struct {
		//lint:ignore SA5008 encoding/json knows the field as "-"
		N int `json:"-," msgpack:"dash"`
	}](ring))("a dash for a name, and a msgpack tag", "")
	with(makes[struct {
		N int `json:"user name"`
	}](ring))("a blank", "field N")
	with(makes[struct {
		N int `json:"user name" msgpack:"user_name"`
	}](ring))("a blank, and a msgpack tag", "")
	with(makes[struct {
		N int `json:"xsi:type"`
	}](ring))("a colon", "field N")
	with(makes[struct {
		N int `json:"a€b"` // encoding/json leaves the field its own name
	}](ring))("a name that encoding/json does not take", "field N")
	with(makes[struct {
		//lint:ignore SA5008 options that encoding/json does not know
		N int `json:"n,omitempty,unknown,key:value"`
	}](ring))("unknown options", "")
	with(makes[struct {
		//lint:ignore SA5008 an option that encoding/json does not know, and msgpack/v5 does
		S string `json:"s,intern"`
	}](ring))("interned strings", "interned")

	with(makes[struct{ Base }](ring))("embedded", "")
	with(makes[struct {
		Base `json:"base"`
	}](ring))("embedded under a name", "field Base")
	with(makes[struct {
		Base `json:"base" msgpack:"base,noinline"`
	}](ring))("embedded under a name, and a msgpack tag", "")
	with(makes[struct {
		ID   int `json:"id"`
		Base `json:"base"`
	}](ring))("embedded under a name, left whole", "")
	with(makes[struct {
		ID int `json:"id"`
		Base
	}](ring))("embedded, with a name that is taken", "field Base")
	with(makes[struct {
		ID   int `json:"id"`
		Base `msgpack:",inline"`
	}](ring))("embedded, with a name that is taken, inline", "")
	with(makes[struct {
		Base
		ID int `json:"id"`
	}](ring))("embedded, with a name that comes again", "name id")
	with(makes[struct {
		A int `msgpack:"a"`
		B int `msgpack:"b,alias:a"`
	}](ring))("an alias that is taken", "name a")

	with(makes[struct {
		V any `json:"v,omitempty"`
	}](ring))("an interface that may be left out", "field V")
	with(makes[struct {
		V any `json:"v,omitempty" msgpack:"v"`
	}](ring))("an interface that may be left out, and a msgpack tag", "")
	with(makes[struct {
		V netip.Addr `json:"v,omitempty"`
	}](ring))("a struct without fields that writes itself", "field V")
	with(makes[struct {
		V selfEncoding `json:"v,omitempty"`
	}](ring))("a struct of empty fields that writes itself", "field V")
	with(makes[struct {
		V *netip.Addr `json:"v,omitempty"`
	}](ring))("a pointer to it", "")
	with(makes[struct {
		_msgpack struct{} `msgpack:",omitempty"`
		V        any
	}](ring))("an interface in a struct that leaves out all that is empty", "field V")
}

// What the json tag leaves out is not looked at either: it may be a way back, or in use.
func TestFieldsLeftOutByJSONTags(t *testing.T) {
	type node struct {
		Name     string  `json:"name"`
		Children []*node `json:"children"`
		Parent   *node   `json:"-"`
	}
	root := &node{Name: "root"}
	root.Children = []*node{{Name: "child", Parent: root}}
	for name, o := range serializers() {
		codec := mustCodec[*node](t, mustRing(t, knownKey(t, "")), o)
		got, err := codec.Open(mustSeal(t, codec, root))
		if err != nil || len(got.Children) != 1 || got.Children[0].Name != "child" || got.Children[0].Parent != nil {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	// encoding/json knows this field as "-", and follows it.
	type loop struct {
		//lint:ignore SA5008 see above
		Next *loop `json:"-,"`
	}
	in := &loop{}
	in.Next = in
	_, err := mustCodec[*loop](t, mustRing(t, knownKey(t, "")), serializers()["json"]).Seal(in)
	failsWith(t, err, sealring.ErrBadPayload)
	if err == nil || !strings.Contains(err.Error(), "in itself") {
		t.Error(err)
	}
}
