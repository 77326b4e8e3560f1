package payload

import (
	"reflect"

	"github.com/sealring/sealring/internal/failure"
)

// A nest walks a Go value ahead of an encoder, which would follow one that is nested too deep, or in itself, to the end
// of the stack, and one that shares its parts through as many copies as there are ways to them. It looks at what the
// encoder looks at and at nothing else: other fields may be in use by somebody.
type nest struct {
	leftOut       func(reflect.StructField) bool // fields that the encoder leaves out by their tag
	encodesItself func(reflect.Type) bool        // types that the encoder asks to do it
	left          int                            // how many more values there may be
}

// maxHops is how many pointers, interfaces and containers may lead to a value: three for each container that may be.
const maxHops = 3 * MaxDepth

var (
	errTooDeep = failure.BadPayload.With("the value is nested too deep, or in itself")
	errTooMany = failure.BadPayload.With("the value has too many values in it")
)

// check refuses a value with more than limit values in it. Where several pointers and containers lead to one it may
// count several times, so some pass that the encoded body is then refused for.
func (n *nest) check(v any, limit int) error {
	n.left = 4 * limit
	return n.any(v, 0)
}

// any looks at what sessions are made of without reflection.
func (n *nest) any(v any, hops int) error {
	if hops > maxHops {
		return errTooDeep
	}
	switch v := v.(type) {
	case nil, bool, string, []byte, int, int64, float64:
		return nil
	case map[string]any:
		if n.left -= len(v); n.left < 0 {
			return errTooMany
		}
		for _, e := range v {
			if err := n.any(e, hops+1); err != nil {
				return err
			}
		}
		return nil
	case []any:
		if n.left -= len(v); n.left < 0 {
			return errTooMany
		}
		for _, e := range v {
			if err := n.any(e, hops+1); err != nil {
				return err
			}
		}
		return nil
	case *any:
		if v != nil {
			return n.any(*v, hops+1)
		}
		return nil
	case *map[string]any:
		if v != nil {
			return n.any(*v, hops+1)
		}
		return nil
	}
	return n.value(reflect.ValueOf(v), hops)
}

func (n *nest) value(v reflect.Value, hops int) error {
	if hops > maxHops {
		return errTooDeep
	}
	if !isContainer(v.Kind()) || n.encodesItself(v.Type()) {
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if n.left--; n.left < 0 {
			return errTooMany
		}
		return n.value(v.Elem(), hops+1)
	case reflect.Map:
		if n.left -= v.Len(); n.left < 0 {
			return errTooMany
		}
		for i := v.MapRange(); i.Next(); {
			if err := n.value(i.Key(), hops+1); err != nil {
				return err
			}
			if err := n.value(i.Value(), hops+1); err != nil {
				return err
			}
		}
	case reflect.Slice, reflect.Array:
		if !isContainer(v.Type().Elem().Kind()) {
			return nil
		}
		if n.left -= v.Len(); n.left < 0 {
			return errTooMany
		}
		for i := range v.Len() {
			if err := n.value(v.Index(i), hops+1); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if n.leftOut(f) || !f.IsExported() && !f.Anonymous {
				continue
			}
			if err := n.value(v.Field(i), hops+1); err != nil {
				return err
			}
		}
	}
	return nil
}

// isContainer reports whether values of a kind have others in them.
func isContainer(k reflect.Kind) bool {
	switch k {
	case reflect.Pointer, reflect.Interface, reflect.Map, reflect.Slice, reflect.Array, reflect.Struct:
		return true
	}
	return false
}
