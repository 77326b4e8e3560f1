// Package urlsafe is the form that itsdangerous' URL-safe serializers, Flask and django.core.signing give to a payload:
// base64url without padding, of a zlib stream (RFC 1950) with a dot in front where that is shorter.
package urlsafe

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"math"
	"strings"
	"sync"

	"github.com/sealring/sealring/internal/base64url"
)

// A deflater holds what one compression needs.
type deflater struct {
	writer *zlib.Writer
	out    bytes.Buffer
}

// The level is the fastest: a writer of another one clears 600 KB before each payload, which takes longer than all the
// rest, and sessions are too short for it to save much.
var deflaters = sync.Pool{New: func() any {
	d := new(deflater)
	w, err := zlib.NewWriterLevel(&d.out, zlib.BestSpeed)
	if err != nil {
		panic("sealring: zlib refused its fastest level") // unreachable
	}
	d.writer = w
	return d
}}

// maxKeptSize is how large a buffer may be to be used again.
const maxKeptSize = 1 << 20

// Append appends the form of a payload, compressed where compress says so and it saves two bytes or more.
func Append(dst, payload []byte, compress bool) []byte {
	if !compress || hopeless(payload) {
		return base64url.Append(dst, payload)
	}
	d := deflaters.Get().(*deflater)
	d.out.Reset()
	d.writer.Reset(&d.out)
	d.writer.Write(payload) // a bytes.Buffer takes everything
	d.writer.Close()
	if d.out.Len() < len(payload)-1 {
		payload = d.out.Bytes()
		dst = append(dst, '.')
	}
	dst = base64url.Append(dst, payload)
	if d.out.Cap() <= maxKeptSize {
		deflaters.Put(d)
	}
	return dst
}

// Up to huffmanOnly bytes the fastest level of compress/flate looks for no repetitions, so what it saves depends on how often
// each byte is there and on nothing else.
const huffmanOnly = 127

var (
	// timesLog2 holds n times the binary logarithm of n.
	timesLog2 [huffmanOnly + 1]float64
	// What a zlib stream of few symbols costs beside them, in bits, by a fit to what compress/zlib writes: its frame and the
	// head of its one block, each symbol's code length, and each gap between symbols.
	streamBits, symbolBits, gapBits = 118.0, 2.6, 6.0
	// marginBits is by how much streams of sessions that save nothing, or a byte or two, are longer than the estimate.
	marginBits = 60.0
)

func init() {
	for n := 2; n < len(timesLog2); n++ {
		timesLog2[n] = float64(n) * math.Log2(float64(n))
	}
}

// hopeless reports whether compressing a payload would save next to nothing, by an estimate from the entropy of its bytes.
// Trying takes longer than all the rest of signing a short session.
func hopeless(payload []byte) bool {
	if len(payload) > huffmanOnly {
		return false
	}
	var counts [256]uint8
	for _, b := range payload {
		counts[b]++
	}
	bits := streamBits + timesLog2[len(payload)]
	gap := true
	for _, n := range counts {
		if n == 0 {
			gap = true
			continue
		}
		bits += symbolBits - timesLog2[n]
		if gap {
			bits += gapBits
			gap = false
		}
	}
	return bits+marginBits > float64(8*len(payload))
}

// The ways in which a form is none. Their texts hold nothing of it.
var (
	errText   = errors.New("not exactly base64url without padding")
	errStream = errors.New("not one complete zlib stream")
	errSize   = errors.New("larger than the limit")
)

// An inflater holds what one decompression needs.
type inflater struct {
	in     bytes.Reader // an io.ByteReader, so that no byte beyond the stream is read
	reader io.ReadCloser
	chunk  [4096]byte
}

var inflaters sync.Pool

// Decode returns the payload, at most limit bytes. It is for authenticated text only.
func Decode(text string, limit int) ([]byte, error) {
	text, compressed := strings.CutPrefix(text, ".")
	if !compressed && len(text) > base64url.Size(limit) {
		return nil, errSize
	}
	payload, err := base64url.AppendDecoded(nil, text)
	if err != nil {
		return nil, errText
	}
	if !compressed {
		return payload, nil
	}
	return inflate(payload, limit)
}

// usesDictionary is the bit of a zlib stream's second byte that asks for a dictionary; RFC 1950, Section 2.2. Nobody has one,
// and compress/zlib takes the empty one for it.
const usesDictionary = 1 << 5

func inflate(stream []byte, limit int) ([]byte, error) {
	if len(stream) > 1 && stream[1]&usesDictionary != 0 {
		return nil, errStream
	}
	f, _ := inflaters.Get().(*inflater)
	if f == nil {
		f = new(inflater)
	}
	f.in.Reset(stream)
	if f.reader == nil {
		r, err := zlib.NewReader(&f.in)
		if err != nil {
			return nil, errStream
		}
		f.reader = r
	} else if err := f.reader.(zlib.Resetter).Reset(&f.in, nil); err != nil {
		return nil, errStream
	}

	var out []byte
	for {
		n, err := f.reader.Read(f.chunk[:])
		if len(out)+n > limit {
			return nil, errSize
		}
		out = append(out, f.chunk[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, errStream
		}
	}
	if f.in.Len() != 0 {
		return nil, errStream
	}
	f.in.Reset(nil)
	inflaters.Put(f)
	return out, nil
}
