package conformance

import (
	"bytes"
	"encoding/json"
	"maps"
	"math/big"
	"slices"
	"strings"
)

// parseValue returns the value of a JSON text as equal takes it.
func parseValue(text []byte) (any, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	err := d.Decode(&v)
	return v, err
}

// equal reports whether two values, as encoding/json has them with their numbers as json.Number, are the same. Numbers
// compare as numbers, and exactly: 1 is 1.0 and 10e-1, and 2^53+1 is not 2^53.
func equal(a, b any) bool {
	switch a := a.(type) {
	case json.Number:
		b, ok := b.(json.Number)
		return ok && equalNumbers(string(a), string(b))
	case []any:
		b, ok := b.([]any)
		return ok && slices.EqualFunc(a, b, equal)
	case map[string]any:
		b, ok := b.(map[string]any)
		return ok && maps.EqualFunc(a, b, equal)
	}
	switch b.(type) {
	case []any, map[string]any:
		return false // and no operand of ==
	}
	return a == b
}

// equalNumbers compares the literals of two numbers of JSON. It makes no number of them, because that of 1e1000000000
// would fill the memory.
func equalNumbers(a, b string) bool {
	x, y := newDecimal(a), newDecimal(b)
	if x.digits == "" || y.digits == "" {
		return x.digits == y.digits // -0 is 0
	}
	return x.negative == y.negative && x.digits == y.digits && x.exponent.Cmp(&y.exponent) == 0
}

// A decimal is 0.digits × 10^exponent, in which digits neither begin nor end with 0; without any it is zero.
type decimal struct {
	negative bool
	digits   string
	exponent big.Int
}

// newDecimal returns the decimal of a literal that RFC 8259, Section 6, allows.
func newDecimal(literal string) (d decimal) {
	literal, d.negative = strings.CutPrefix(literal, "-")
	mantissa, exponent, _ := strings.Cut(strings.ReplaceAll(literal, "E", "e"), "e")
	d.exponent.SetString(exponent, 10) // 0 for none
	whole, fraction, _ := strings.Cut(mantissa, ".")

	digits := strings.TrimLeft(whole+fraction, "0")
	zeros := len(whole) + len(fraction) - len(digits)
	d.exponent.Add(&d.exponent, big.NewInt(int64(len(whole)-zeros)))
	d.digits = strings.TrimRight(digits, "0")
	return d
}
