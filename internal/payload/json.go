package payload

import (
	"bytes"
	"encoding/binary"
	"math/bits"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// A jsonChecker reads a JSON text, RFC 8259, once, front to back.
type jsonChecker struct {
	data  []byte
	at    int
	left  int // of maxMemory
	names *names
}

// CheckJSON refuses what is not one JSON value by the rules of format.md, Section 9. Where the body goes
// to a Go type, typ also refuses object keys that match one of its fields by letter case alone; nil means no type.
func CheckJSON(data []byte, typ *JSONType) error {
	if !utf8.Valid(data) {
		return &Fault{format: "JSON", at: invalidUTF8At(data), why: "not UTF-8"}
	}
	c := jsonChecker{data: data, left: maxMemory, names: namesPool.Get().(*names)}
	defer c.names.release()

	c.skipSpace()
	if f := c.value(0, typ); f != nil {
		return f
	}
	c.skipSpace()
	if c.at != len(data) {
		return c.fault("something follows the value")
	}
	return nil
}

func invalidUTF8At(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(data) // unreachable: the data is not valid
}

func (c *jsonChecker) fault(why string) *Fault { return &Fault{format: "JSON", at: c.at, why: why} }

// peek returns the byte at the cursor, 0 at the end, where no token begins with 0.
func (c *jsonChecker) peek() byte {
	if c.at < len(c.data) {
		return c.data[c.at]
	}
	return 0
}

func (c *jsonChecker) skipSpace() {
	if c.peek() <= ' ' {
		c.skipSpaces() // seldom: no encoder writes any
	}
}

func (c *jsonChecker) skipSpaces() {
	for c.at < len(c.data) {
		switch c.data[c.at] {
		case ' ', '\t', '\n', '\r':
			c.at++
		default:
			return
		}
	}
}

// value reads one value; depth is how many containers it stands in.
func (c *jsonChecker) value(depth int, typ *JSONType) *Fault {
	switch b := c.peek(); {
	case b == '{':
		return c.object(depth+1, typ)
	case b == '[':
		return c.array(depth+1, typ)
	case b == '"':
		_, f := c.string()
		return f
	case b == '-' || isDigit(b):
		return c.number()
	}
	for _, word := range []string{"true", "false", "null"} {
		if len(c.data)-c.at >= len(word) && string(c.data[c.at:c.at+len(word)]) == word {
			c.at += len(word)
			return nil
		}
	}
	return c.fault("no value")
}

func (c *jsonChecker) array(depth int, typ *JSONType) *Fault {
	if depth > MaxDepth {
		return c.fault("nested too deep")
	}
	element, most, cost := typ.elements()
	c.at++ // the bracket
	if c.skipSpace(); c.peek() == ']' {
		c.at++
		return nil
	}
	for i := 0; ; i++ {
		if i == most {
			return c.fault("more elements than its type may have")
		}
		if c.left -= cost; c.left < 0 {
			return c.fault(tooLarge)
		}
		c.skipSpace()
		if f := c.value(depth, element); f != nil {
			return f.underIndex(i)
		}
		c.skipSpace()
		switch c.peek() {
		case ',':
			c.at++
		case ']':
			c.at++
			return nil
		default:
			return c.fault("array not closed")
		}
	}
}

func (c *jsonChecker) object(depth int, typ *JSONType) *Fault {
	if depth > MaxDepth {
		return c.fault("nested too deep")
	}
	base := len(c.names.keys)
	c.at++ // the brace
	if c.skipSpace(); c.peek() == '}' {
		c.at++
		return nil
	}
	for next := 0; ; {
		c.skipSpace()
		key, f := c.string()
		if f != nil {
			return f
		}
		var (
			member *JSONType
			cost   int
			why    string
		)
		member, cost, why, next = typ.member(key, next)
		if why != "" {
			return c.fault(why)
		}
		if c.left -= cost; c.left < 0 {
			return c.fault(tooLarge)
		}
		c.names.keys = append(c.names.keys, key)

		if c.skipSpace(); c.peek() != ':' {
			return c.fault("key without a value")
		}
		c.at++
		c.skipSpace()
		if f := c.value(depth, member); f != nil {
			return f.underKey(key)
		}
		c.skipSpace()
		switch c.peek() {
		case ',':
			c.at++
		case '}':
			c.at++
			if !c.names.close(base) {
				return c.fault("an object has a key twice")
			}
			return nil
		default:
			return c.fault("object not closed")
		}
	}
}

// string reads a string and returns it unescaped, as a part of the data where nothing was escaped.
func (c *jsonChecker) string() ([]byte, *Fault) {
	if c.peek() != '"' {
		return nil, c.fault("no string")
	}
	c.at++
	start := c.at
	c.at = start + plainSize(c.data[start:])
	switch b := c.peek(); {
	case c.at == len(c.data):
		return nil, c.fault("string not closed")
	case b == '"':
		c.at++
		return c.data[start : c.at-1], nil
	case b == '\\':
		return c.escaped(start)
	}
	return nil, c.fault("control character in a string")
}

// plainSize returns how many bytes there are before the first that a string cannot have as it is: a quote, a backslash or a
// control character. Eight are looked at together: in each of the three differences below, the top bit of the lowest
// byte that is set belongs to such a character, as borrows go upwards only.
func plainSize(b []byte) int {
	const (
		ones = 0x0101010101010101
		tops = 0x80 * ones
	)
	n := 0
	for ; len(b)-n >= 8; n += 8 {
		w := binary.LittleEndian.Uint64(b[n:])
		quote, backslash := w^('"'*ones), w^('\\'*ones)
		special := ((quote-ones)&^quote | (backslash-ones)&^backslash | (w-' '*ones)&^w) & tops
		if special != 0 {
			return n + bits.TrailingZeros64(special)/8
		}
	}
	for n < len(b) && b[n] != '"' && b[n] != '\\' && b[n] >= ' ' {
		n++
	}
	return n
}

// escaped reads on in a string that began at start and has its first backslash at the cursor.
func (c *jsonChecker) escaped(start int) ([]byte, *Fault) {
	out := c.names.scratch
	base := len(out)
	out = append(out, c.data[start:c.at]...)
	for c.at < len(c.data) {
		switch b := c.data[c.at]; {
		case b == '"':
			c.at++
			c.names.scratch = out
			return out[base:len(out):len(out)], nil
		case b == '\\':
			r, f := c.escape()
			if f != nil {
				return nil, f
			}
			out = utf8.AppendRune(out, r)
		case b < ' ':
			return nil, c.fault("control character in a string")
		default:
			out = append(out, b)
			c.at++
		}
	}
	return nil, c.fault("string not closed")
}

// escape reads one escape, two where they are the halves of a surrogate pair; RFC 8259, Section 7.
func (c *jsonChecker) escape() (rune, *Fault) {
	c.at++ // the backslash
	b := c.peek()
	if i := bytes.IndexByte([]byte(`"\/bfnrt`), b); b != 0 && i >= 0 {
		c.at++
		return rune("\"\\/\b\f\n\r\t"[i]), nil
	}
	if b != 'u' {
		return 0, c.fault("no such escape")
	}
	r, f := c.hex()
	if f != nil || !utf16.IsSurrogate(r) {
		return r, f
	}
	if c.at+1 < len(c.data) && c.data[c.at] == '\\' && c.data[c.at+1] == 'u' {
		c.at++
		low, f := c.hex()
		if f != nil {
			return 0, f
		}
		if pair := utf16.DecodeRune(r, low); pair != utf8.RuneError {
			return pair, nil
		}
	}
	return 0, c.fault("half of a surrogate pair")
}

// hex reads the u of an escape and its four digits.
func (c *jsonChecker) hex() (rune, *Fault) {
	c.at++ // the u
	if len(c.data)-c.at < 4 {
		return 0, c.fault("escape of too few digits")
	}
	var r rune
	for _, b := range c.data[c.at : c.at+4] {
		switch {
		case isDigit(b):
			r = r<<4 | rune(b-'0')
		case 'a' <= b|0x20 && b|0x20 <= 'f':
			r = r<<4 | rune(b|0x20-'a'+10)
		default:
			return 0, c.fault("escape of something other than hex digits")
		}
	}
	c.at += 4
	return r, nil
}

// number reads a number, RFC 8259, Section 6, and refuses one that is not finite as binary64.
func (c *jsonChecker) number() *Fault {
	start := c.at
	if c.peek() == '-' {
		c.at++
	}
	digits := c.digits()
	if digits == 0 || digits > 1 && c.data[c.at-digits] == '0' {
		return c.fault("not a number")
	}
	if c.peek() == '.' {
		c.at++
		if c.digits() == 0 {
			return c.fault("not a number")
		}
	}
	exponent := c.peek()|0x20 == 'e'
	if exponent {
		c.at++
		if b := c.peek(); b == '+' || b == '-' {
			c.at++
		}
		if c.digits() == 0 {
			return c.fault("not a number")
		}
	}

	text := c.data[start:c.at]
	if len(text) > maxNumberSize {
		return c.fault("number of too many characters")
	}
	// Without an exponent only 309 digits and more before the point can leave binary64's range.
	if !exponent && digits < 309 {
		return nil
	}
	if _, err := strconv.ParseFloat(string(text), 64); err != nil {
		return c.fault("number beyond binary64")
	}
	return nil
}

func (c *jsonChecker) digits() (n int) {
	for c.at < len(c.data) && isDigit(c.data[c.at]) {
		c.at++
		n++
	}
	return n
}

// tooLarge says why a value of few bytes in a body is refused for what it takes in memory.
const tooLarge = "more large values than a bounded memory holds"

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// HasReplacement reports whether encoding/json replaced text that is not UTF-8 in what it wrote: it writes the escape
// \ufffd there, and the character itself where that was in the text. A field with the option "string" is JSON in a
// string, where all backslashes are doubled.
func HasReplacement(data []byte) bool {
	return hasEscape(data, 1) || bytes.Contains(data, []byte(`\\ufffd`)) && hasQuotedReplacement(data)
}

// hasQuotedReplacement looks into the strings of a JSON text that begin as a quoted string does.
func hasQuotedReplacement(data []byte) bool {
	for i := 0; i < len(data); i++ {
		if data[i] != '"' {
			continue
		}
		start := i + 1
		for i++; i < len(data) && data[i] != '"'; i++ {
			if data[i] == '\\' {
				i++
			}
		}
		s := data[start:min(i, len(data))]
		if bytes.HasPrefix(s, []byte(`\"`)) && hasEscape(s, 2) {
			return true
		}
	}
	return false
}

// hasEscape reports whether a text holds the escape \ufffd with the number of backslashes that one has there; each
// backslash that belongs to the text has twice as many.
func hasEscape(data []byte, number int) bool {
	escape := []byte(`\ufffd`)
	for {
		i := bytes.Index(data, escape)
		if i < 0 {
			return false
		}
		backslashes := 1
		for backslashes <= i && data[i-backslashes] == '\\' {
			backslashes++
		}
		if backslashes%(2*number) == number {
			return true
		}
		data = data[i+len(escape):]
	}
}
