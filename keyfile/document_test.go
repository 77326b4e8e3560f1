package keyfile_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

func TestRoundTrip(t *testing.T) {
	many := &keyfile.Document{Generation: 1}
	for n := range 1000 {
		many.Keys = append(many.Keys, entry(t, n))
	}
	disabled := entry(t, 1)
	disabled.Disabled = true
	for name, d := range map[string]*keyfile.Document{
		"every field":  full(t),
		"one key":      {Generation: 1, Keys: []keyfile.Entry{entry(t, 1)}},
		"most keys":    many,
		"all disabled": {Generation: 2, Keys: []keyfile.Entry{disabled}},
	} {
		t.Run(name, func(t *testing.T) {
			text := mustEncode(t, d)
			parsed := mustParse(t, text)
			sameContent(t, parsed, d)
			if mustEncode(t, parsed) != text {
				t.Error("encoded again, the text is another")
			}
		})
	}
}

// The text is pinned: people diff it, and Python writes the same.
func TestEncodeWrites(t *testing.T) {
	d := full(t)
	d.Generation = 7
	want := `{
  "version": 1,
  "generation": 7,
  "keys": [
    {
      "id": "key-1",
      "secret": "` + secret(t, 1).Reveal() + `",
      "created": "2026-01-01T00:00:00.123Z",
      "open_until": "2026-04-11T00:00:00.123Z",
      "comment": "first: <é>, \"quoted\", \\, a\nline,\u2028\u0000` + "\ufffd" + `"
    },
    {
      "id": "key-2",
      "secret": "` + secret(t, 2).Reveal() + `",
      "created": "2026-01-01T00:00:00.123Z",
      "seal_from": "2026-01-02T00:00:00.123Z",
      "disabled": true,
      "comment": "leaked"
    },
    {
      "id": "key-3",
      "secret": "` + secret(t, 3).Reveal() + `",
      "created": "1970-01-01T00:00:00.000Z",
      "seal_from": "2026-01-02T00:00:00.123Z",
      "open_until": "9999-12-31T23:59:59.999Z"
    }
  ]
}
`
	if got := mustEncode(t, d); got != want {
		t.Errorf("encoded\n%s\nwant\n%s", got, want)
	}
}

// What Encode brings to the form of the document is what a Keyring reads in it too.
func TestEncodeNormalizes(t *testing.T) {
	e := entry(t, 1)
	e.ID = ""
	e.SealFrom = at(1).Add(999 * time.Microsecond).In(time.FixedZone("east", 7*3600))
	e.Created = at(1).Add(time.Nanosecond)
	d := &keyfile.Document{Generation: 1, Keys: []keyfile.Entry{e}}
	parsed := mustParse(t, mustEncode(t, d))
	want := e
	want.ID, want.SealFrom, want.Created = e.Secret.KeyID(), at(1), at(1)
	sameContent(t, parsed, &keyfile.Document{Generation: 1, Keys: []keyfile.Entry{want}})
	if e.ID != "" || d.Keys[0].ID != "" {
		t.Error("Encode changed its argument")
	}
}

func TestEncodeRefuses(t *testing.T) {
	published, err := sealring.ParseSecret(publishedSecret)
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name, says string
		change     func(*keyfile.Document)
	}{
		{"generation 0", "begin with 1", func(d *keyfile.Document) { d.Generation = 0 }},
		{"generation below 0", "begin with 1", func(d *keyfile.Document) { d.Generation = -1 }},
		{"generation too high", "9007199254740991", func(d *keyfile.Document) { d.Generation = 1 << 53 }},
		{"no keys", "make one", func(d *keyfile.Document) { d.Keys = nil }},
		{"too many keys", "at most 1000 keys", func(d *keyfile.Document) {
			for n := range 998 {
				d.Keys = append(d.Keys, entry(t, n+10))
			}
		}},
		{"no secret", "no secret", func(d *keyfile.Document) { d.Keys[0].Secret = sealring.Secret{} }},
		{"bad ID", "the ID of key 1", func(d *keyfile.Document) { d.Keys[1].ID = "a/b" }},
		{"one ID twice", "key-1 is there twice", func(d *keyfile.Document) { d.Keys[1].ID = "key-1" }},
		{"one secret twice", "have one secret", func(d *keyfile.Document) { d.Keys[1].Secret = d.Keys[0].Secret }},
		{"tie", "seal from the same time", func(d *keyfile.Document) { d.Keys[1].Disabled = false }},
		{"closes before it seals", "closes before it seals", func(d *keyfile.Document) { d.Keys[1].OpenUntil = at(1) }},
		{"published secret", "key key-2 has a secret that documentation publishes", func(d *keyfile.Document) {
			d.Keys[1].Secret = published
		}},
		{"never created", "key key-2 needs the time Created", func(d *keyfile.Document) { d.Keys[1].Created = time.Time{} }},
		{"created in 1969", "Created", func(d *keyfile.Document) { d.Keys[1].Created = time.UnixMilli(-1) }},
		{"created in 10000", "Created", func(d *keyfile.Document) { d.Keys[1].Created = time.UnixMilli(253402300800000) }},
		{"seals from 1969", "SealFrom and OpenUntil of key key-2", func(d *keyfile.Document) {
			d.Keys[1].SealFrom = time.UnixMilli(-1)
		}},
		{"seals from a year that has overflowed", "SealFrom", func(d *keyfile.Document) {
			d.Keys[1].SealFrom = time.Unix(1<<60, 0)
		}},
		{"opens until 10000", "OpenUntil", func(d *keyfile.Document) {
			d.Keys[2].OpenUntil = time.UnixMilli(253402300800000)
		}},
		{"comment not UTF-8", "the comment of key key-2", func(d *keyfile.Document) { d.Keys[1].Comment = "a\xff" }},
		{"too large", "1 MiB", func(d *keyfile.Document) { d.Keys[1].Comment = strings.Repeat("x", 1<<20) }},
	} {
		t.Run(test.name, func(t *testing.T) {
			d := full(t)
			test.change(d)
			text, err := keyfile.Encode(d)
			failsWith(t, err, test.says)
			if text != nil {
				t.Error("a text beside the error")
			}
			for _, e := range d.Keys {
				holdsNothingOf(t, e.Secret.Reveal(), err.Error())
			}
		})
	}
}

func TestSealringKeys(t *testing.T) {
	d := full(t)
	keys := d.SealringKeys()
	ring, err := sealring.NewKeyring(keys...)
	if err != nil {
		t.Fatal(err)
	}
	if got := ring.String(); got != "keyring(key-1 key-2 key-3)" {
		t.Errorf("the ring is %s", got)
	}
	if id, ok := ring.Primary(at(50)); id != "key-3" || !ok {
		t.Errorf("the primary key is %q", id)
	}
	keys[0] = sealring.Key{}
	sameContent(t, d, full(t))
	if len(new(keyfile.Document).SealringKeys()) != 0 {
		t.Error("the zero document has keys")
	}
}

func TestNothingPrintsASecret(t *testing.T) {
	d := full(t)
	hidden := []string{fmt.Sprint(secret(t, 1).Reveal()), fmt.Sprintf("%x", secret(t, 1).Reveal())}
	type exported struct{ Held any }
	type unexported struct {
		d    *keyfile.Document
		held keyfile.Document
		keys []keyfile.Entry
	}
	for name, held := range map[string]any{
		"document": d, "document value": *d, "entry": d.Keys[0], "entry pointer": &d.Keys[0], "entries": d.Keys,
		"keys": d.SealringKeys(), "in a struct": exported{*d}, "in a map": map[string]any{"d": d, "e": d.Keys[0]},
		"out of reach": unexported{d, *d, d.Keys},
	} {
		t.Run(name, func(t *testing.T) {
			var output bytes.Buffer
			for _, verb := range []string{
				"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%#x", "%d", "%o", "%b", "%c", "%U", "%e", "%t",
				"%p", "%20v",
			} {
				fmt.Fprintf(&output, verb+"\n", held)
			}
			fmt.Fprintln(&output, held)
			encoded, _ := json.Marshal(held) // that some do not marshal is as good
			output.Write(encoded)
			slog.New(slog.NewJSONHandler(&output, nil)).Info("x", "held", held)
			slog.New(slog.NewTextHandler(&output, nil)).Info("x", "held", held)
			func() {
				defer func() { fmt.Fprint(&output, recover()) }()
				panic(held)
			}()
			for _, h := range hidden {
				holdsNothingOf(t, h, output.String())
			}
		})
	}
}

func TestDocumentPrintsItsIDs(t *testing.T) {
	d := full(t)
	d.Generation = 7
	if got, want := fmt.Sprintf("%+v", d), "&{Generation:7 Keys:[key-1 key-2 key-3]}"; got != want {
		t.Errorf("prints %q, want %q", got, want)
	}
	encoded, err := json.Marshal(d)
	if want := `{"Generation":7,"Keys":["key-1","key-2","key-3"]}`; err != nil || string(encoded) != want {
		t.Errorf("JSON %s, %v, want %s", encoded, err, want)
	}
	// Whoever keeps that instead of what Encode returns finds out when it is read, at the latest.
	_, err = keyfile.Parse(encoded)
	failsWith(t, err, "line 1, column 2: unknown field")
}
