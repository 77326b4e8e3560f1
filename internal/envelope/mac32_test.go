//go:build linux && (386 || arm)

package envelope

import (
	"bytes"
	"syscall"
	"testing"
)

// Where int has 32 bits, the sizes of an envelope and a binding add up to more than it holds. Nothing of them may go
// missing for it: a byte that is not counted is a byte that anybody may change.
func TestMACOfMoreThanAnInt(t *testing.T) {
	if testing.Short() {
		t.Skip("hashes 8 GiB")
	}
	bind, err := syscall.Mmap(-1, 0, 1<<31-64, syscall.PROT_READ, syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE)
	if err != nil {
		t.Skip(err)
	}
	defer syscall.Munmap(bind)
	key, body := bytes.Repeat([]byte("k"), macSize), bytes.Repeat([]byte("body"), 250)
	m := new(mac)
	m.init(key, true)
	var sum, other [macSize]byte
	m.sum(&sum, body, nil, bind)
	if want := textbook(key, body, nil, bind); !bytes.Equal(sum[:], want) {
		t.Errorf("%x, want %x", sum, want)
	}
	body[len(body)-1] ^= 1
	if m.sum(&other, body, nil, bind); sum == other {
		t.Error("the last byte is not in the MAC")
	}
}
