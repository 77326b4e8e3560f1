package envelope

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// textbook is the MAC as format.md, Section 5, has it, by crypto/hmac alone.
func textbook(key, part1, part2, bind []byte) []byte {
	h := hmac.New(sha256.New, key)
	h.Write(part1)
	h.Write(part2)
	h.Write(bind)
	binary.Write(h, binary.BigEndian, uint64(len(bind)))
	return h.Sum(nil)
}

// Every way in which the parts can end in a block, precomputed and not.
func TestMACIsHMAC(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	bytesOf := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(random.Uint32())
		}
		return b
	}
	key := bytesOf(macSize)
	fast, plain := new(mac), new(mac)
	fast.init(key, true)
	plain.init(key, false)
	for size1 := range 200 {
		for _, size2 := range []int{0, 16, 63, 64, 65} {
			for _, bindSize := range []int{0, 1, 6, 31, 32, 33, 55, 56, 63, 64, 79, 80, 81, 95, 96, 97, 128, 200, 1000} {
				part1, part2, bind := bytesOf(size1), bytesOf(size2), bytesOf(bindSize)
				want := textbook(key, part1, part2, bind)
				var sum [macSize]byte
				if !fast.sumPrecomputed(&sum, part1, part2, bind) || !bytes.Equal(sum[:], want) {
					t.Fatalf("%d, %d and %d bytes: precomputed %x, want %x", size1, size2, bindSize, sum, want)
				}
				for name, m := range map[string]*mac{"precomputed": fast, "plain": plain} {
					if m.sum(&sum, part1, part2, bind); !bytes.Equal(sum[:], want) {
						t.Fatalf("%s: %d, %d and %d bytes: %x, want %x", name, size1, size2, bindSize, sum, want)
					}
					if !m.verify(want, part1, part2, bind) || m.verify(want[:31], part1, part2, bind) || m.verify(nil, part1, part2, bind) {
						t.Fatalf("%s: %d, %d and %d bytes: verified wrongly", name, size1, size2, bindSize)
					}
				}
			}
		}
	}
}

func FuzzMAC(f *testing.F) {
	f.Add(bytes.Repeat([]byte("k"), macSize), []byte("part 1"), []byte("part 2"), []byte("bind"))
	f.Add(make([]byte, macSize), []byte{}, []byte{}, []byte{})
	f.Fuzz(func(t *testing.T, key, part1, part2, bind []byte) {
		if len(key) != macSize {
			return
		}
		var sum [macSize]byte
		m := new(mac)
		m.init(key, true)
		if want := textbook(key, part1, part2, bind); !m.sumPrecomputed(&sum, part1, part2, bind) || !bytes.Equal(sum[:], want) {
			t.Fatalf("%x, want %x", sum, want)
		}
	})
}

// One bit is enough to be another MAC.
func TestEqual(t *testing.T) {
	a := [macSize]byte([]byte("0123456789abcdef0123456789ABCDEF"))
	b := a
	if !equal(&a, &b) {
		t.Error("not equal to itself")
	}
	for i := range a {
		for bit := range 8 {
			b[i] ^= 1 << bit
			if equal(&a, &b) {
				t.Errorf("equal but for bit %d of byte %d", bit, i)
			}
			b[macSize-1-i] ^= 1 << bit
			if equal(&a, &b) != (i == macSize-1-i) {
				t.Errorf("equal but for bit %d of bytes %d and %d", bit, i, macSize-1-i)
			}
			b = a
		}
	}
}

// A state that this version of SHA-256 does not take sends every MAC to crypto/hmac, and so does a trial that fails.
func TestMACWithoutStates(t *testing.T) {
	key := bytes.Repeat([]byte("k"), macSize)
	want := textbook(key, []byte("part 1"), []byte("part 2"), []byte("bind"))
	for name, spoil := range map[string]func(m *mac){
		"inner of another hash": func(m *mac) { m.inner[0] ^= 1 },
		"outer of another hash": func(m *mac) { m.outer[0] ^= 1 },
		"inner too short":       func(m *mac) { m.inner = m.inner[:50] },
		"no outer":              func(m *mac) { m.outer = nil },
		"no states":             func(m *mac) { m.inner, m.outer = nil, nil },
	} {
		m := new(mac)
		m.init(key, true)
		spoil(m)
		var sum [macSize]byte
		if m.inner != nil && m.sumPrecomputed(&sum, []byte("part 1"), []byte("part 2"), []byte("bind")) {
			t.Errorf("%s: precomputed", name)
		}
		if m.sum(&sum, []byte("part 1"), []byte("part 2"), []byte("bind")); !bytes.Equal(sum[:], want) {
			t.Errorf("%s: %x, want %x", name, sum, want)
		}
	}
	if !trial() {
		t.Error("the trial failed: SHA-256 states have another layout, and MACs are slower for it")
	}
}

// Under FIPS 140 the MAC is the validated module's own.
func TestMACUnderFIPS(t *testing.T) {
	if os.Getenv("SEALRING_WANT_PLAIN_MAC") != "" {
		if precomputed() {
			t.Error("precomputed under FIPS 140")
		}
		return
	}
	if !precomputed() {
		t.Skip("this process runs under FIPS 140 itself")
	}
	command := exec.Command(os.Args[0], "-test.run=^TestMACUnderFIPS$", "-test.v")
	command.Env = append(os.Environ(), "GODEBUG=fips140=on", "SEALRING_WANT_PLAIN_MAC=1")
	if out, err := command.CombinedOutput(); err != nil || !strings.Contains(string(out), "PASS") {
		t.Errorf("%v\n%s", err, out)
	}
}
