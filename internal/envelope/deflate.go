package envelope

import (
	"bytes"
	"compress/flate"
	"io"
	"sync"

	"github.com/sealring/sealring/internal/failure"
)

var (
	errStream   = failure.BadPayload.With("not one complete DEFLATE stream")
	errInflated = failure.BadPayload.With("larger than the limit once decompressed")
)

// A deflater holds what one compression needs; a fresh flate.Writer would allocate over half a megabyte a call.
type deflater struct {
	writer *flate.Writer
	out    bytes.Buffer
}

var deflaters = sync.Pool{New: func() any {
	d := new(deflater)
	w, err := flate.NewWriter(&d.out, flate.DefaultCompression)
	if err != nil {
		panic("sealring: flate refused its default level") // unreachable
	}
	d.writer = w
	return d
}}

// AppendDeflated appends body as one DEFLATE stream, RFC 1951.
func AppendDeflated(dst, body []byte) ([]byte, error) {
	d := deflaters.Get().(*deflater)
	defer func() {
		if d.out.Cap() <= maxKeptSize {
			deflaters.Put(d)
		}
	}()
	d.out.Reset()
	d.writer.Reset(&d.out)
	if _, err := d.writer.Write(body); err != nil {
		return dst, err // unreachable: a bytes.Buffer takes everything
	}
	if err := d.writer.Close(); err != nil {
		return dst, err // unreachable: see above
	}
	return append(dst, d.out.Bytes()...), nil
}

// An inflater holds what one decompression needs.
type inflater struct {
	in     bytes.Reader // an io.ByteReader, so that flate reads no byte beyond its stream
	reader io.ReadCloser
	chunk  [4096]byte
}

var inflaters = sync.Pool{New: func() any {
	f := new(inflater)
	f.reader = flate.NewReader(&f.in)
	return f
}}

// AppendInflated appends what a DEFLATE stream holds, at most limit bytes: the body must be exactly one complete stream.
// It is for authenticated bodies only, format.md, Section 7, and fails with the class BadPayload. On an error
// it returns dst as it was given.
func AppendInflated(dst, body []byte, limit int) ([]byte, error) {
	f := inflaters.Get().(*inflater)
	defer func() {
		f.in.Reset(nil)
		inflaters.Put(f)
	}()
	f.in.Reset(body)
	if err := f.reader.(flate.Resetter).Reset(&f.in, nil); err != nil {
		return dst, errStream // unreachable: a reset without a dictionary does not fail
	}

	out := dst
	for {
		n, err := f.reader.Read(f.chunk[:])
		if len(out)-len(dst)+n > limit {
			return dst, errInflated
		}
		out = append(out, f.chunk[:n]...)
		if err == io.EOF {
			break
		}
		if err != nil {
			return dst, errStream
		}
	}
	if f.in.Len() != 0 {
		return dst, errStream
	}
	return out, nil
}
