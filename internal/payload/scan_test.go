package payload

import (
	"bytes"
	"reflect"
	"testing"
)

// Every byte in every place, beside what looks at one byte at a time.
func TestPlainSize(t *testing.T) {
	plain := func(b []byte) int {
		for i, c := range b {
			if c == '"' || c == '\\' || c < ' ' {
				return i
			}
		}
		return len(b)
	}
	for size := range 20 {
		for _, fill := range []byte{'a', ' ', '!', '#', '[', ']', 0x7F, 0x80, 0xA0, 0xA2, 0xDC, 0xFF} {
			b := bytes.Repeat([]byte{fill}, size)
			for place := range b {
				for c := range 256 {
					b[place] = byte(c)
					if got, want := plainSize(b), plain(b); got != want {
						t.Fatalf("%x: %d, want %d", b, got, want)
					}
				}
				b[place] = fill
			}
		}
	}
}

func TestIsASCII(t *testing.T) {
	for size := range 20 {
		for _, more := range []int{0, 1, 7, 8, 9} {
			b := bytes.Repeat([]byte("a"), size+more)
			for i := range more {
				b[size+i] = 0xFF
			}
			if !isASCII(b, size) {
				t.Fatalf("%x: the first %d are not", b, size)
			}
			for place := range size {
				b[place] = 0x80
				if isASCII(b, size) {
					t.Fatalf("%x: the first %d are", b, size)
				}
				b[place] = 'a'
			}
		}
	}
}

// What a key goes to does not depend on which one came before.
func TestMemberWhateverCameBefore(t *testing.T) {
	type inner struct {
		A, D string
	}
	type large [1 << 20]byte
	type outer struct {
		A int
		inner
		B *large `json:"b"`
		C int    `json:"-"`
		E int    `json:"D"`
		F int    `json:"f"`
	}
	typ, err := NewJSONType(reflect.TypeFor[outer]())
	if err != nil {
		t.Fatal(err)
	}
	if len(typ.order) != 4 {
		t.Fatalf("%d fields in order, want A, b, D and f", len(typ.order))
	}
	for _, key := range []string{"A", "b", "D", "B", "C", "E", "f", "a", "", "none"} {
		m, cost, why, _ := typ.member([]byte(key), len(typ.order)) // always looked up
		for next := range len(typ.order) + 2 {
			if m2, cost2, why2, _ := typ.member([]byte(key), next); m2 != m || cost2 != cost || why2 != why {
				t.Errorf("%q after %d: %v, %d, %q; otherwise %v, %d, %q", key, next, m2, cost2, why2, m, cost, why)
			}
		}
		if key == "b" && cost == 0 || (key == "B" || key == "a") != (why != "") {
			t.Errorf("%q: costs %d, refused for %q", key, cost, why)
		}
	}
}
