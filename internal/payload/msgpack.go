package payload

import (
	"encoding/binary"
	"math"
	"unicode/utf8"
)

// An Extent is what checking saw in a MessagePack body, so that its second look, CheckNarrow, is taken only where a
// type asks for one.
type Extent struct {
	min       int64  // the least integer, at most 0
	max       uint64 // the greatest integer, where it is over 127
	timestamp bool   // there is one
	bin       bool   // there is one
}

// Years 1 to 9999 in Unix seconds: what time.Time and Python's datetime both hold.
const minTimestamp, maxTimestamp = -62135596800, 253402300799

// A walker reads a MessagePack body once, front to back, and allocates nothing that the body could ask for.
type walker struct {
	data  []byte
	at    int
	nodes int
	seen  Extent
	names *names
}

// CheckMessagePack refuses what is not one MessagePack object by the rules of format.md, Section 9.
func CheckMessagePack(data []byte) (Extent, error) {
	w := walker{data: data, names: namesPool.Get().(*names)}
	defer w.names.release()
	if f := w.value(0); f != nil {
		return Extent{}, f
	}
	if w.at != len(data) {
		return Extent{}, w.fault("something follows the value")
	}
	return w.seen, nil
}

func (w *walker) fault(why string) *Fault { return &Fault{format: "MessagePack", at: w.at, why: why} }

// A family is what a format byte of MessagePack begins.
type family uint8

const (
	never family = iota // C1, which the specification leaves unused
	nilValue
	boolean
	integer
	float
	str
	bin
	array
	mapping
	extension
)

// head reads a value's format byte and what follows it up to the value's contents. What n says depends on the family:
// the value of an integer or the bits of a float (with their size in width), the length of str, bin, array, mapping or
// extension. ok is false where the data ends too early.
func head(data []byte) (f family, n uint64, width, size int, ok bool) {
	if len(data) == 0 {
		return 0, 0, 0, 0, false
	}
	b := data[0]
	switch {
	case b <= 0x7F, b >= 0xE0:
		return integer, uint64(int64(int8(b))), 0, 1, true
	case b <= 0x8F:
		return mapping, uint64(b & 0x0F), 0, 1, true
	case b <= 0x9F:
		return array, uint64(b & 0x0F), 0, 1, true
	case b <= 0xBF:
		return str, uint64(b & 0x1F), 0, 1, true
	case b >= 0xD4 && b <= 0xD8: // fixext 1 to 16
		return extension, 1 << (b - 0xD4), 0, 1, true
	}
	form := forms[b-0xC0]
	if len(data) < 1+form.width {
		return form.family, 0, form.width, 0, false
	}
	switch form.width {
	case 1:
		n = uint64(data[1])
	case 2:
		n = uint64(binary.BigEndian.Uint16(data[1:]))
	case 4:
		n = uint64(binary.BigEndian.Uint32(data[1:]))
	case 8:
		n = binary.BigEndian.Uint64(data[1:])
	}
	if form.signed {
		shift := 64 - 8*form.width
		n = uint64(int64(n<<shift) >> shift)
	}
	return form.family, n, form.width, 1 + form.width, true
}

// Format bytes that values of one byte have, and short text.
const (
	nilByte    = 0xC0
	neverByte  = 0xC1
	trueByte   = 0xC3
	fixstr     = 0xA0
	fixstrSize = 0x1F
)

// forms are the format bytes C0 to DF: the family, and how many bytes of length or value follow.
var forms = [32]struct {
	family family
	width  int
	signed bool
}{
	{nilValue, 0, false}, {never, 0, false}, {boolean, 0, false}, {boolean, 0, false}, // C0
	{bin, 1, false}, {bin, 2, false}, {bin, 4, false}, // C4
	{extension, 1, false}, {extension, 2, false}, {extension, 4, false}, // C7
	{float, 4, false}, {float, 8, false}, // CA
	{integer, 1, false}, {integer, 2, false}, {integer, 4, false}, {integer, 8, false}, // CC
	{integer, 1, true}, {integer, 2, true}, {integer, 4, true}, {integer, 8, true}, // D0
	{}, {}, {}, {}, {}, // D4, fixext
	{str, 1, false}, {str, 2, false}, {str, 4, false}, // D9
	{array, 2, false}, {array, 4, false}, // DC
	{mapping, 2, false}, {mapping, 4, false}, // DE
}

// negative reports whether an integer's head says that n is the two's complement of a negative number.
func negative(b byte, n uint64) bool { return (b >= 0xE0 || b >= 0xD0 && b <= 0xD3) && int64(n) < 0 }

// value reads one value; depth is how many containers it stands in.
func (w *walker) value(depth int) *Fault {
	if w.nodes++; w.nodes > MaxNodes {
		return w.fault("too many values")
	}
	rest := w.data[w.at:]

	// What most of a session is made of is read without its head being taken apart: short text, small integers, and what
	// is one byte.
	if len(rest) > 0 {
		switch b := rest[0]; {
		case b <= 0x7F, b >= nilByte && b <= trueByte && b != neverByte:
			w.at++
			return nil
		case b&^fixstrSize == fixstr:
			return w.text(1, int(b&fixstrSize))
		}
	}

	f, n, width, size, ok := head(rest)
	if !ok {
		return w.fault("truncated")
	}
	left := uint64(len(rest) - size)
	switch f {
	case never:
		return w.fault("the byte C1")
	case integer:
		if negative(rest[0], n) {
			w.seen.min = min(w.seen.min, int64(n))
		} else if n > 127 {
			w.seen.max = max(w.seen.max, n)
		}
	case float:
		value := math.Float64frombits(n)
		if width == 4 {
			value = float64(math.Float32frombits(uint32(n)))
		}
		if math.IsNaN(value) || math.IsInf(value, 0) {
			return w.fault("float that is not finite")
		}
	case str:
		return w.text(size, int(min(n, math.MaxInt32)))
	case bin:
		if n > left {
			return w.fault("truncated")
		}
		w.seen.bin = true
		size += int(n)
	case extension:
		if n >= left {
			return w.fault("truncated")
		}
		end := size + 1 + int(n)
		if why := timestampFault(int8(rest[size]), rest[size+1:end]); why != "" {
			return w.fault(why)
		}
		w.seen.timestamp = true
		size = end
	case array, mapping:
		// Every element takes a byte at least, every entry of a map two.
		if n > left || f == mapping && 2*n > left {
			return w.fault("truncated")
		}
		if depth == MaxDepth {
			return w.fault("nested too deep")
		}
		w.at += size
		if f == array {
			return w.array(int(n), depth+1)
		}
		return w.mapping(int(n), depth+1)
	}
	w.at += size
	return nil
}

// text reads n bytes of text after a head of size bytes.
func (w *walker) text(size, n int) *Fault {
	rest := w.data[w.at+size:]
	if n > len(rest) {
		return w.fault("truncated")
	}
	if (n > maxShortText || !isASCII(rest, n)) && !utf8.Valid(rest[:n]) {
		return w.fault("text that is not UTF-8")
	}
	w.at += size + n
	return nil
}

// maxShortText is up to what size isASCII is the faster one.
const maxShortText = 48

// isASCII reports whether the first n bytes are ASCII. Eight are read at once, the last of them with what follows: most
// text in a session is shorter, and utf8.Valid looks at the bytes of such one by one.
func isASCII(b []byte, n int) bool {
	const high = 0x8080808080808080
	for ; n >= 8; n -= 8 {
		if binary.LittleEndian.Uint64(b)&high != 0 {
			return false
		}
		b = b[8:]
	}
	if len(b) >= 8 {
		return binary.LittleEndian.Uint64(b)<<(64-8*n)&high == 0
	}
	for _, c := range b[:n] {
		if c >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

func (w *walker) array(n, depth int) *Fault {
	for i := range n {
		if f := w.value(depth); f != nil {
			return f.underIndex(i)
		}
	}
	return nil
}

func (w *walker) mapping(n, depth int) *Fault {
	base := len(w.names.keys)
	for range n {
		key, f := w.key()
		if f != nil {
			return f
		}
		w.names.keys = append(w.names.keys, key)
		if f := w.value(depth); f != nil {
			return f.underKey(key)
		}
	}
	if !w.names.close(base) {
		return w.fault("a map has a key twice")
	}
	return nil
}

// key reads the key of a map's entry.
func (w *walker) key() ([]byte, *Fault) {
	if w.nodes++; w.nodes > MaxNodes {
		return nil, w.fault("too many values")
	}
	rest := w.data[w.at:]
	size, n := 1, 0
	if len(rest) > 0 && rest[0]&^fixstrSize == fixstr {
		n = int(rest[0] & fixstrSize)
	} else {
		f, length, _, headSize, ok := head(rest)
		switch {
		case !ok:
			return nil, w.fault("truncated")
		case f != str:
			return nil, w.fault("map key that is not text")
		}
		size, n = headSize, int(min(length, math.MaxInt32))
	}
	if f := w.text(size, n); f != nil {
		return nil, f
	}
	return w.data[w.at-n : w.at], nil
}

// timestampFault says why an extension is not a timestamp, the one extension that a payload may have; "" if it is one.
func timestampFault(id int8, data []byte) string {
	if id != -1 {
		return "extension other than a timestamp"
	}
	var nanoseconds uint64
	seconds := int64(0)
	switch len(data) {
	case 4: // seconds alone, all of them in range
	case 8:
		nanoseconds = binary.BigEndian.Uint64(data) >> 34
	case 12:
		nanoseconds = uint64(binary.BigEndian.Uint32(data))
		seconds = int64(binary.BigEndian.Uint64(data[4:]))
	default:
		return "timestamp of another size than 4, 8 or 12 bytes"
	}
	if nanoseconds >= 1e9 || seconds < minTimestamp || seconds > maxTimestamp {
		return "timestamp out of range"
	}
	return ""
}
