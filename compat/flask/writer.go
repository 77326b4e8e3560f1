package flask

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/sealring/sealring/internal/payload"
)

// A writer writes tagged JSON, byte for byte as Flask does, or the same values as plain JSON. In every value it looks at
// what has been written so far, so that nothing it is given takes long: containers that share their parts, or themselves.
type writer struct {
	out   []byte
	limit int
	plain bool // without tags, and in UTF-8 where Flask writes ASCII
}

// value writes one value; depth is how many containers it stands in.
func (w *writer) value(v any, depth int) *refusal {
	if r := w.typed(v, depth); r != nil {
		return r
	}
	if len(w.out) > w.limit {
		return &refusal{why: "up to there, more than Options.MaxDecoded"}
	}
	return nil
}

func (w *writer) typed(v any, depth int) *refusal {
	switch v := v.(type) {
	case nil:
		w.out = append(w.out, "null"...)
	case bool:
		w.out = strconv.AppendBool(w.out, v)
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		w.out = fmt.Append(w.out, v)
	case json.Number:
		return w.number(string(v))
	case float32:
		return w.float(float64(v), 32)
	case float64:
		return w.float(v, 64)
	case string:
		return w.text(v)
	case []any:
		return writeList(w, v, depth)
	case []string:
		return writeList(w, v, depth)
	case map[string]any:
		return writeDict(w, v, depth)
	case map[string]string:
		return writeDict(w, v, depth)
	default:
		return w.tagged(v, depth)
	}
	return nil
}

// tagged writes a value of a type that has a tag: {" t":…}. A plain one is what stands in place of the dots, but for the
// types that have another text.
func (w *writer) tagged(v any, depth int) *refusal {
	switch v := v.(type) {
	case Tuple:
		return w.tag(tupleTag, depth, func(depth int) *refusal { return writeList(w, v, depth) })
	case []byte:
		return w.tag(bytesTag, depth, func(int) *refusal { return w.bytes(v) })
	case Markup:
		return w.tag(markupTag, depth, func(int) *refusal { return w.text(string(v)) })
	case UUID:
		return w.tag(uuidTag, depth, func(int) *refusal { return w.uuid(v) })
	case time.Time:
		return w.tag(datetimeTag, depth, func(int) *refusal { return w.datetime(v.UTC()) })
	}
	return &refusal{why: fmt.Sprintf("a %T, which a session of Flask does not hold", v)}
}

// tag writes a tag around what body writes, which is told its depth.
func (w *writer) tag(tag string, depth int, body func(depth int) *refusal) *refusal {
	if w.plain {
		return body(depth)
	}
	if depth == payload.MaxDepth {
		return tooDeep()
	}
	w.out = append(w.out, `{"`+tag+`":`...)
	r := body(depth + 1)
	w.out = append(w.out, '}')
	return r
}

func tooDeep() *refusal {
	return &refusal{why: fmt.Sprintf("nested more than %d deep, tags counted, or in itself", payload.MaxDepth)}
}

func writeList[T any](w *writer, list []T, depth int) *refusal {
	if depth == payload.MaxDepth {
		return tooDeep()
	}
	w.out = append(w.out, '[')
	for i, v := range list {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if r := w.value(v, depth+1); r != nil {
			return r.underIndex(i)
		}
	}
	w.out = append(w.out, ']')
	return nil
}

// writeDict writes a dict, in a tag of its own where it would be taken for another one.
func writeDict[T any](w *writer, dict map[string]T, depth int) *refusal {
	if key, ok := onlyKey(dict); ok && isTag(key) && !w.plain {
		return w.tag(dictTag, depth, func(depth int) *refusal { return writeObject(w, dict, escapeSuffix, depth) })
	}
	return writeObject(w, dict, "", depth)
}

// writeObject writes the keys in the order of their code points, as Flask does; that of UTF-8 is the same.
func writeObject[T any](w *writer, dict map[string]T, suffix string, depth int) *refusal {
	if depth == payload.MaxDepth {
		return tooDeep()
	}
	w.out = append(w.out, '{')
	for i, key := range slices.Sorted(maps.Keys(dict)) {
		if i > 0 {
			w.out = append(w.out, ',')
		}
		if r := w.text(key + suffix); r != nil {
			return r.underKey(key)
		}
		w.out = append(w.out, ':')
		if r := w.value(dict[key], depth+1); r != nil {
			return r.underKey(key)
		}
	}
	w.out = append(w.out, '}')
	return nil
}

// number writes a number with the digits it has.
func (w *writer) number(literal string) *refusal {
	// Of all that passes for JSON, numbers alone begin and end so.
	if literal == "" || !isDigit(literal[len(literal)-1]) || literal[0] != '-' && !isDigit(literal[0]) {
		return &refusal{why: "a json.Number that is none"}
	}
	if payload.CheckJSON([]byte(literal), nil) != nil {
		return &refusal{why: "a json.Number that is none, has more than 400 characters, or is beyond binary64"}
	}
	w.out = append(w.out, literal...)
	return nil
}

func isDigit(b byte) bool { return '0' <= b && b <= '9' }

// float writes the shortest number that is the same float again, in the form that Python gives it. It always has a point
// or an exponent, without which Python would read an int.
func (w *writer) float(v float64, bits int) *refusal {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return &refusal{why: "NaN or an infinity, which JSON does not have"}
	}
	if size := math.Abs(v); size != 0 && (size < 1e-4 || size >= 1e16) {
		w.out = strconv.AppendFloat(w.out, v, 'e', -1, bits)
		return nil
	}
	w.out = strconv.AppendFloat(w.out, v, 'f', -1, bits)
	if v == math.Trunc(v) {
		w.out = append(w.out, ".0"...)
	}
	return nil
}

func (w *writer) bytes(v []byte) *refusal {
	if len(v) > w.limit {
		return &refusal{why: "more bytes than Options.MaxDecoded"}
	}
	w.out = append(w.out, '"')
	w.out = base64.StdEncoding.AppendEncode(w.out, v)
	w.out = append(w.out, '"')
	return nil
}

func (w *writer) uuid(v UUID) *refusal {
	w.out = append(w.out, '"')
	if w.plain {
		w.out = v.appendDashed(w.out)
	} else {
		w.out = hex.AppendEncode(w.out, v[:])
	}
	w.out = append(w.out, '"')
	return nil
}

// datetime leaves out the fraction of a second, as Flask does.
func (w *writer) datetime(v time.Time) *refusal {
	if !hasDate(v) {
		return &refusal{why: "a time outside the years 100 to 9999, which Flask reads as another one or not at all"}
	}
	layout := `"` + dateLayout + `"`
	if w.plain {
		layout = `"` + time.RFC3339 + `"`
	}
	w.out = v.AppendFormat(w.out, layout)
	return nil
}

// text writes a string, RFC 8259, Section 7, with the escapes that Python uses.
func (w *writer) text(s string) *refusal {
	if len(s) > w.limit {
		return &refusal{why: "more bytes than Options.MaxDecoded"}
	}
	if !utf8.ValidString(s) {
		return &refusal{why: "text that is not UTF-8"}
	}
	out := append(w.out, '"')
	for _, r := range s {
		short := strings.IndexRune("\"\\\b\f\n\r\t", r)
		switch {
		case short >= 0:
			out = append(out, '\\', `"\bfnrt`[short])
		case r < ' ' || r > '~' && !w.plain:
			out = appendEscape(out, r)
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	w.out = append(out, '"')
	return nil
}

// appendEscape appends a character by its number, by those of two surrogates where it has no four digits.
func appendEscape(dst []byte, r rune) []byte {
	var units [2]uint16
	for _, unit := range utf16.AppendRune(units[:0], r) {
		dst = append(dst, `\u`...)
		dst = hex.AppendEncode(dst, []byte{byte(unit >> 8), byte(unit)})
	}
	return dst
}

// A refusal is why a value is not written, and the keys and indexes that lead to it. It holds nothing of the value.
type refusal struct{ path, why string }

// named returns the refusal as an error.
func (r *refusal) named() error {
	if r.path == "" {
		return badPayload("the session: " + r.why)
	}
	return badPayload("the value at " + strings.TrimPrefix(r.path, ".") + ": " + r.why)
}

// maxPathSize keeps an error readable, whatever the keys.
const maxPathSize = 200

func (r *refusal) under(step string) *refusal {
	if len(step)+len(r.path) <= maxPathSize {
		r.path = step + r.path
	}
	return r
}

func (r *refusal) underIndex(i int) *refusal { return r.under("[" + strconv.Itoa(i) + "]") }

// underKey leaves out a key that would make the path another one, or unreadable.
func (r *refusal) underKey(key string) *refusal {
	odd := func(r rune) bool { return !unicode.IsPrint(r) || r == '.' || r == '[' }
	if !utf8.ValidString(key) || strings.ContainsFunc(key, odd) {
		return r.under(".?")
	}
	return r.under("." + key)
}
