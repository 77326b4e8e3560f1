// Package urlsafe is the form that itsdangerous' URL-safe serializers, Flask and django.core.signing give to a payload:
// base64url without padding, of a zlib stream (RFC 1950) with a dot in front where that is shorter.
package urlsafe

import (
	"bytes"
	"compress/zlib"
	"errors"
	"io"
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
	if !compress {
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
