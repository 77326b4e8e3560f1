package envelope

import (
	"bytes"
	"crypto/fips140"
	"crypto/hmac"
	"crypto/sha256"
	"encoding"
	"encoding/binary"
	"hash"
	"sync"
)

// A mac is HMAC-SHA256, RFC 2104, under one key. It is safe for concurrent use, and no state of it outlives it.
//
// Where precomputed says so, it is computed from the states that SHA-256 has after the key's blocks, as RFC 2104,
// Section 4, suggests, in memory of the stack: an eighth less than crypto/hmac takes for a session, and nothing that
// goroutines share.
type mac struct {
	inner, outer []byte     // marshalled states; nil where crypto/hmac does the work
	pool         *sync.Pool // of *macState, for crypto/hmac
}

// A macState is on the heap once and for all; sum and size are here because a hash.Hash makes what it is given escape.
type macState struct {
	hash hash.Hash
	sum  [macSize]byte
	size [8]byte
}

// What encoding.BinaryAppender writes of a SHA-256 state: four bytes of magic, the chaining value, which is the digest
// once the padding is in, then the bytes that wait for a full block, and their number. The standard library does not
// promise this layout, and so trial tells whether it is still true.
const (
	digestOffset = 4
	stateSize    = digestOffset + sha256.Size + sha256.BlockSize + 8
)

// precomputed reports whether states may be computed beforehand: if the trial came out right, and if nobody asked for
// FIPS 140, under which HMAC is to come from the validated module as a whole. The trial is held once, when the first key
// is made, and takes less than a tenth of a millisecond.
var precomputed = sync.OnceValue(func() bool { return !fips140.Enabled() && trial() })

// trial reports whether MACs from precomputed states are those of crypto/hmac, for messages that end in every place of a
// block.
func trial() bool {
	key, message := bytes.Repeat([]byte{0x5A}, macSize), bytes.Repeat([]byte("sealring"), 2*sha256.BlockSize/8)
	var fast, plain mac
	fast.init(key, true)
	plain.init(key, false)
	for n := range message {
		bind := message[:n%7]
		if n%2 == 1 {
			bind = message[:n]
		}
		var sum, want [macSize]byte
		if !fast.sumPrecomputed(&sum, message[:n], message[:n/3], bind) {
			return false
		}
		plain.sum(&want, message[:n], message[:n/3], bind)
		if sum != want {
			return false
		}
	}
	return true
}

func (m *mac) init(key []byte, precompute bool) {
	m.pool = &sync.Pool{New: func() any { return &macState{hash: hmac.New(sha256.New, key)} }}
	if precompute {
		m.inner, m.outer = keyState(key, 0x36), keyState(key, 0x5C)
	}
}

// keyState is the marshalled state of SHA-256 after the key's block, each byte XORed with pad.
func keyState(key []byte, pad byte) []byte {
	block := bytes.Repeat([]byte{pad}, sha256.BlockSize)
	for i := range key {
		block[i] ^= key[i]
	}
	h := sha256.New()
	h.Write(block)
	state, err := h.(encoding.BinaryMarshaler).MarshalBinary()
	if err != nil || len(state) != stateSize {
		return nil
	}
	return state
}

// sum is the MAC of part1 ‖ part2 ‖ bind ‖ u64(len bind).
func (m *mac) sum(sum *[macSize]byte, part1, part2, bind []byte) {
	if m.inner == nil || !m.sumPrecomputed(sum, part1, part2, bind) {
		m.sumPlain(sum, part1, part2, bind)
	}
}

// sumPlain is sum by crypto/hmac.
func (m *mac) sumPlain(sum *[macSize]byte, part1, part2, bind []byte) {
	s := m.pool.Get().(*macState)
	s.hash.Reset()
	s.hash.Write(part1)
	s.hash.Write(part2)
	s.hash.Write(bind)
	binary.BigEndian.PutUint64(s.size[:], uint64(len(bind)))
	s.hash.Write(s.size[:])
	s.hash.Sum(s.sum[:0])
	*sum = s.sum
	m.pool.Put(s)
}

// sumPrecomputed writes whole blocks only, the last ones with the padding of FIPS 180-4, Section 5.1.1, in them: Sum, which
// lets a hash go on, copies all of it, and what is less than a block is copied once more. ok is false if the hash does
// not take or give a state; then sum is of no meaning.
func (m *mac) sumPrecomputed(sum *[macSize]byte, part1, part2, bind []byte) (ok bool) {
	const (
		blockSize  = sha256.BlockSize
		lengthSize = 8
		maxShort   = 96 // of part2 and bind, so that they and the rest of part1 fit into room
	)
	h := sha256.New()
	if h.(encoding.BinaryUnmarshaler).UnmarshalBinary(m.inner) != nil {
		return false
	}
	// Whole blocks go to the hash as they are, unless all there is fits into room. Where int has 32 bits, it does not hold
	// every sum of the sizes.
	var room [3 * blockSize]byte
	total := uint64(len(part1)) + uint64(len(part2)) + uint64(len(bind))
	whole := 0
	if total > uint64(len(room)-lengthSize-1-lengthSize) {
		whole = len(part1) &^ (blockSize - 1)
		h.Write(part1[:whole])
	}

	// The rest, u64(len bind), and the padding up to a whole block: 0x80, zeros, and the number of bits with the key's
	// block. A long binding goes to the hash as it is, which then has pending bytes that wait for a block.
	n, pending := copy(room[:], part1[whole:]), 0
	if len(part2) <= maxShort && len(bind) <= maxShort-len(part2) {
		n += copy(room[n:], part2)
		n += copy(room[n:], bind)
	} else {
		pending = int((total - uint64(whole)) % blockSize)
		h.Write(room[:n])
		h.Write(part2)
		h.Write(bind)
		clear(room[:n])
		n = 0
	}
	binary.BigEndian.PutUint64(room[n:], uint64(len(bind)))
	room[n+lengthSize] = 0x80
	end := (pending+n+lengthSize+1+lengthSize+blockSize-1)&^(blockSize-1) - pending
	binary.BigEndian.PutUint64(room[end-lengthSize:], (blockSize+total+lengthSize)*8)
	h.Write(room[:end])
	if _, err := h.(encoding.BinaryAppender).AppendBinary(room[:0]); err != nil {
		return false
	}

	// The outer hash has one block after the key's: the inner digest, where it stands, and its padding.
	outer := room[digestOffset:][:blockSize]
	clear(outer[sha256.Size:])
	outer[sha256.Size] = 0x80
	binary.BigEndian.PutUint64(outer[blockSize-lengthSize:], (blockSize+sha256.Size)*8)
	if h.(encoding.BinaryUnmarshaler).UnmarshalBinary(m.outer) != nil {
		return false
	}
	h.Write(outer)
	if _, err := h.(encoding.BinaryAppender).AppendBinary(room[:0]); err != nil {
		return false
	}
	copyWords(sum, (*[macSize]byte)(room[digestOffset:]))
	return true
}

func (m *mac) verify(mac, part1, part2, bind []byte) bool {
	var sum [macSize]byte
	m.sum(&sum, part1, part2, bind)
	return len(mac) == macSize && equal((*[macSize]byte)(mac), &sum)
}

// A digest is written in words of four bytes. A processor that reads it in larger ones before they have left for the
// cache waits; hence these two.
const wordSize = 4

func copyWords(dst, src *[macSize]byte) {
	for i := 0; i < macSize; i += wordSize {
		binary.LittleEndian.PutUint32(dst[i:], binary.LittleEndian.Uint32(src[i:]))
	}
}

// equal takes the same time whatever the bytes are, as crypto/subtle does, which looks at them one by one.
func equal(a, b *[macSize]byte) bool {
	var different uint32
	for i := 0; i < macSize; i += wordSize {
		different |= binary.LittleEndian.Uint32(a[i:]) ^ binary.LittleEndian.Uint32(b[i:])
	}
	return different == 0
}
