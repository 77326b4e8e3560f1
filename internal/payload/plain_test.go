package payload

import (
	"bytes"
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
