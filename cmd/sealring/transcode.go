package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/vmihailenco/msgpack/v5"
	"github.com/vmihailenco/msgpack/v5/msgpcode"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/internal/payload"
)

// parseJSON returns the value of a JSON text that follows the payload rules, with its numbers as MessagePack has them:
// int64 and uint64 for integer literals, float64 for all others.
func parseJSON(text []byte) (any, error) {
	if err := payload.CheckJSON(text, nil); err != nil {
		return nil, err
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var value any
	if err := d.Decode(&value); err != nil {
		return nil, failure.BadPayload.With("not JSON") // unreachable: CheckJSON has passed
	}
	return withNumbers(value)
}

// withNumbers replaces each json.Number in a value.
func withNumbers(value any) (any, error) {
	var err error
	switch v := value.(type) {
	case json.Number:
		return parseNumber(string(v))
	case []any:
		for i := range v {
			if v[i], err = withNumbers(v[i]); err != nil {
				return nil, err
			}
		}
	case map[string]any:
		for key := range v {
			if v[key], err = withNumbers(v[key]); err != nil {
				return nil, err
			}
		}
	}
	return value, nil
}

func parseNumber(literal string) (any, error) {
	if strings.ContainsAny(literal, ".eE") {
		f, err := strconv.ParseFloat(literal, 64)
		if err != nil {
			return nil, failure.BadPayload.With("number out of range") // unreachable: CheckJSON has passed
		}
		return f, nil
	}
	if n, err := strconv.ParseInt(literal, 10, 64); err == nil {
		return n, nil
	}
	if n, err := strconv.ParseUint(literal, 10, 64); err == nil {
		return n, nil
	}
	return nil, failure.BadPayload.With("MessagePack has no integer below -9223372036854775808 or above " +
		"18446744073709551615; write it as a string, or with .0 as a float")
}

// messagePackOf converts a JSON text, with sorted map keys and integers in their shortest form.
func messagePackOf(text []byte) ([]byte, error) {
	value, err := parseJSON(text)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	e.UseCompactInts(true)
	e.SetSortMapKeys(true)
	if err := e.Encode(value); err != nil {
		return nil, failure.BadPayload.With("not MessagePack") // unreachable: the types are those of JSON
	}
	return b.Bytes(), nil
}

var errBin = errors.New("the body holds MessagePack bin, bytes that JSON has no form for; write it as it is with --raw")

// jsonOf converts a MessagePack body that follows the payload rules. Keys keep their order, integers are exact, and
// times are RFC 3339 text in UTC. It fails with errBin only.
func jsonOf(body []byte) ([]byte, error) {
	c := converter{in: msgpack.NewDecoder(bytes.NewReader(body))}
	c.text = json.NewEncoder(&c.out)
	c.text.SetEscapeHTML(false)
	if err := c.value(); err != nil {
		return nil, err
	}
	return c.out.Bytes(), nil
}

// A converter reads MessagePack and writes JSON. The payload rules have bounded depth and lengths.
type converter struct {
	in   *msgpack.Decoder
	out  bytes.Buffer
	text *json.Encoder // to out
}

func (c *converter) value() error {
	code, err := c.in.PeekCode()
	if err != nil {
		return err // unreachable, as every error of the decoder: the body has been checked
	}
	switch {
	case msgpcode.IsFixedMap(code), code == msgpcode.Map16, code == msgpcode.Map32:
		n, err := c.in.DecodeMapLen()
		if err != nil {
			return err
		}
		return c.list("{}", n, c.entry)
	case msgpcode.IsFixedArray(code), code == msgpcode.Array16, code == msgpcode.Array32:
		n, err := c.in.DecodeArrayLen()
		if err != nil {
			return err
		}
		return c.list("[]", n, c.value)
	}
	v, err := c.in.DecodeInterface()
	if err != nil {
		return err
	}
	return c.scalar(v)
}

func (c *converter) list(brackets string, n int, element func() error) error {
	c.out.WriteByte(brackets[0])
	for i := range n {
		if i > 0 {
			c.out.WriteByte(',')
		}
		if err := element(); err != nil {
			return err
		}
	}
	c.out.WriteByte(brackets[1])
	return nil
}

func (c *converter) entry() error {
	if err := c.value(); err != nil { // the key, which the payload rules want to be text
		return err
	}
	c.out.WriteByte(':')
	return c.value()
}

func (c *converter) scalar(v any) error {
	switch value := v.(type) {
	case []byte:
		return errBin
	case time.Time:
		v = value.UTC().Format(time.RFC3339Nano)
	case float32:
		return c.float(float64(value))
	case float64:
		return c.float(value)
	}
	return c.encode(v)
}

// encode writes a value without the line feed that an Encoder puts behind it.
func (c *converter) encode(v any) error {
	if err := c.text.Encode(v); err != nil {
		return err
	}
	c.out.Truncate(c.out.Len() - 1)
	return nil
}

// float writes a number that reads as a float again: with a point or an exponent.
func (c *converter) float(f float64) error {
	start := c.out.Len()
	if err := c.encode(f); err != nil {
		return err
	}
	if !bytes.ContainsAny(c.out.Bytes()[start:], ".e") {
		c.out.WriteString(".0")
	}
	return nil
}
