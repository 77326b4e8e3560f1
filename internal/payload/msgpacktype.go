package payload

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/vmihailenco/msgpack/v5"

	"github.com/sealring/sealring/internal/failure"
)

// A MessagePackType is what checking has to know of the Go type that a MessagePack body goes to: where its integers and
// maps are, since msgpack/v5 wraps an integer that a field cannot hold, and takes the bytes of a timestamp for the
// header of a map where it expects a map. A nil MessagePackType knows nothing and lets everything through.
type MessagePackType struct {
	min    int64                       // of an integer
	max    uint64                      // of an integer; 0 of anything else
	isMap  bool                        // a map, of which elem is the element
	elem   *MessagePackType            // of a map, slice or array
	fields map[string]*MessagePackType // of a struct
	list   []*MessagePackType          // of a struct: in order, as an array encodes them

	messagePackTraits // at the root
}

// messagePackTraits are what holds for a type and everything in it.
type messagePackTraits struct {
	narrowest Extent // what each of its integers can hold; timestamp: there is no map
	endless   bool   // a value of it can be nested without end, or in itself
}

// NewMessagePackType returns what checking has to know of t, following msgpack/v5's rules for it. It refuses types that
// can never be sealed.
func NewMessagePackType(t reflect.Type) (*MessagePackType, error) {
	b := messagePackTypes{seen: map[reflect.Type]*MessagePackType{}}
	b.narrowest = Extent{min: math.MinInt64, max: math.MaxUint64, timestamp: true}
	root := *b.of(t)
	root.messagePackTraits = b.messagePackTraits
	return &root, b.err
}

type messagePackTypes struct {
	messagePackTraits
	seen map[reflect.Type]*MessagePackType
	open []reflect.Type // the types that the current one stands in
	err  error
}

func (b *messagePackTypes) refuse(t reflect.Type, why string) {
	if b.err == nil {
		b.err = fmt.Errorf("%v: %s", t, why)
	}
}

var (
	binaryMarshaler   = reflect.TypeFor[encoding.BinaryMarshaler]()
	binaryUnmarshaler = reflect.TypeFor[encoding.BinaryUnmarshaler]()
	msgpackEncoder    = reflect.TypeFor[msgpack.CustomEncoder]()
	msgpackMarshaler  = reflect.TypeFor[msgpack.Marshaler]()
	msgpackDecoder    = reflect.TypeFor[msgpack.CustomDecoder]()
	msgpackUnmarshal  = reflect.TypeFor[msgpack.Unmarshaler]()
)

// encodesItself and decodesItself tell types whose methods msgpack/v5 calls; what those do is theirs.
func encodesItself(t reflect.Type) bool {
	return implements(t, msgpackEncoder, msgpackMarshaler, binaryMarshaler, textMarshaler)
}

func decodesItself(t reflect.Type) bool {
	return implements(t, msgpackDecoder, msgpackUnmarshal, binaryUnmarshaler, textUnmarshaler)
}

// keysAreText reports whether msgpack/v5 can write keys of type t as str. What marshals itself as binary or text is bin.
func keysAreText(t reflect.Type) bool {
	if implements(t, msgpackEncoder, msgpackMarshaler) || t.Kind() == reflect.Interface {
		return true // sealing will see
	}
	return t.Kind() == reflect.String && !implements(t, binaryMarshaler, textMarshaler)
}

func (b *messagePackTypes) of(t reflect.Type) *MessagePackType {
	t, ok := pointee(t)
	if !ok {
		b.refuse(t, "a pointer to itself")
		return new(MessagePackType)
	}
	b.endless = b.endless || slices.Contains(b.open, t)
	if known := b.seen[t]; known != nil {
		return known
	}
	node := new(MessagePackType)
	b.seen[t] = node
	if decodesItself(t) {
		return node
	}

	b.open = append(b.open, t)
	defer func() { b.open = b.open[:len(b.open)-1] }()
	switch kind := t.Kind(); kind {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		b.integer(node, -1<<(t.Bits()-1), 1<<(t.Bits()-1)-1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		b.integer(node, 0, math.MaxUint64>>(64-t.Bits()))
	case reflect.Interface:
		b.endless = true
	case reflect.Map:
		if !keysAreText(t.Key()) {
			b.refuse(t, "the keys of a map in a payload are text; use string for them")
		}
		b.narrowest.timestamp = false
		node.isMap, node.elem = true, b.of(t.Elem())
	case reflect.Slice, reflect.Array:
		// Elements of kind uint8 travel as bin, in which nothing can wrap.
		if t.Elem().Kind() != reflect.Uint8 {
			node.elem = b.of(t.Elem())
		}
	case reflect.Struct:
		fields := b.fields(t, nil)
		node.fields = map[string]*MessagePackType{}
		for name, typ := range fields.byName {
			node.fields[name] = b.of(typ)
		}
		for _, f := range fields.list {
			node.list = append(node.list, b.of(f.typ))
		}
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer, reflect.Uintptr:
		b.refuse(t, "a type that MessagePack does not have")
	}
	return node
}

func (b *messagePackTypes) integer(node *MessagePackType, least int64, most uint64) {
	node.min, node.max = least, most
	b.narrowest.min = max(b.narrowest.min, least)
	b.narrowest.max = min(b.narrowest.max, most)
}

// messagePackFields are a struct's fields as msgpack/v5 knows them: by name on the way in, in order where the struct
// comes as an array.
type messagePackFields struct {
	byName map[string]reflect.Type
	list   []messagePackField
}

type messagePackField struct {
	name string
	typ  reflect.Type
}

func (f *messagePackFields) add(name string, typ reflect.Type) {
	f.byName[name] = typ
	f.list = append(f.list, messagePackField{name, typ})
}

// fields follows msgpack/v5 in what it makes of tags and embedding; outer are the structs that t is embedded in.
func (b *messagePackTypes) fields(t reflect.Type, outer []reflect.Type) *messagePackFields {
	fs := &messagePackFields{byName: map[string]reflect.Type{}}
	if slices.Contains(outer, t) {
		b.refuse(t, "a struct that embeds itself")
		return fs
	}
	for i := range t.NumField() {
		f := t.Field(i)
		name, rest, _ := strings.Cut(f.Tag.Get("msgpack"), ",")
		options := strings.Split(rest, ",")
		if name == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		if name == "" {
			name = f.Name
		}
		if slices.Contains(options, "intern") {
			b.refuse(t, "interned strings, an extension that payloads may not have")
		}
		if f.Anonymous && !slices.Contains(options, "noinline") && b.inline(fs, f.Type, append(outer, t), options) {
			fs.byName[name] = f.Type
			continue
		}
		fs.add(name, f.Type)
		for _, option := range options {
			if alias, ok := strings.CutPrefix(option, "alias:"); ok {
				fs.byName[alias] = f.Type
			}
		}
	}
	return fs
}

// inline adds the fields of an embedded struct to fs. Without the option "inline" msgpack/v5 leaves a struct alone that
// decodes itself or shares a name with an earlier field.
func (b *messagePackTypes) inline(fs *messagePackFields, t reflect.Type, outer []reflect.Type, options []string) bool {
	t, ok := pointee(t)
	if !ok || t.Kind() != reflect.Struct {
		return false
	}
	forced := slices.Contains(options, "inline")
	if !forced && (encodesItself(t) || decodesItself(t)) {
		return false
	}
	inner := b.fields(t, outer)
	taken := func(f messagePackField) bool { return fs.byName[f.name] != nil }
	if !forced && slices.ContainsFunc(inner.list, taken) {
		return false
	}
	for _, f := range inner.list {
		if !taken(f) {
			fs.add(f.name, f.typ)
		}
	}
	return true
}

// Check refuses what the type cannot hold, in a body that CheckMessagePack passed and saw seen in. Types without narrow
// integers pay nothing for it: there is no second walk unless something in the body is out of the narrowest range.
func (t *MessagePackType) Check(data []byte, seen Extent) error {
	if t == nil || seen.min >= t.narrowest.min && seen.max <= t.narrowest.max &&
		(!seen.timestamp || t.narrowest.timestamp) {
		return nil
	}
	w := fitter{data: data}
	return w.value(t).orNil()
}

// A fitter walks a checked body along a type.
type fitter struct {
	data []byte
	at   int
}

func (w *fitter) value(t *MessagePackType) *Fault {
	start := w.at
	f, n, _, size, _ := head(w.data[w.at:])
	w.at += size
	switch f {
	case integer:
		less := negative(w.data[start], n)
		if t != nil && t.max != 0 && (less && int64(n) < t.min || !less && n > t.max) {
			return &Fault{format: "MessagePack", at: start, why: "integer out of the range of the field it goes to"}
		}
	case str, bin:
		w.at += int(n)
	case extension:
		if t != nil && t.isMap {
			return &Fault{format: "MessagePack", at: start, why: "timestamp where a map goes"}
		}
		w.at += 1 + int(n)
	case array:
		for i := range int(n) {
			if f := w.value(t.at(i)); f != nil {
				return f
			}
		}
	case mapping:
		for range int(n) {
			_, length, _, size, _ := head(w.data[w.at:])
			key := w.data[w.at+size : w.at+size+int(length)]
			w.at += size + int(length)
			if f := w.value(t.member(key)); f != nil {
				return f
			}
		}
	}
	return nil
}

// at returns what element i of an array goes to.
func (t *MessagePackType) at(i int) *MessagePackType {
	switch {
	case t == nil || t.isMap:
		return nil
	case t.fields == nil:
		return t.elem
	case i < len(t.list):
		return t.list[i]
	}
	return nil
}

// member returns what the value of a map's key goes to.
func (t *MessagePackType) member(key []byte) *MessagePackType {
	switch {
	case t == nil:
		return nil
	case t.fields != nil:
		return t.fields[string(key)]
	case t.isMap:
		return t.elem
	}
	return nil
}

// CheckDepth refuses a value that is nested too deep for a payload or contains itself, before msgpack/v5 follows it to
// the end of the stack. v is of the type that t was made for.
func (t *MessagePackType) CheckDepth(v any) error {
	if t.endless && tooDeep(v, 0) {
		return failure.BadPayload.With("value nested too deep, or in itself")
	}
	return nil
}

// maxHops is how many pointers, interfaces and containers may lead to a value: three for each container that may be.
const maxHops = 3 * MaxDepth

// tooDeep looks at what sessions are made of without reflection.
func tooDeep(v any, hops int) bool {
	if hops > maxHops {
		return true
	}
	switch v := v.(type) {
	case nil, bool, string, []byte, int, int64, float64:
		return false
	case map[string]any:
		for _, e := range v {
			if tooDeep(e, hops+1) {
				return true
			}
		}
		return false
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return tooDeep(e, hops+1) })
	case *any:
		return v != nil && tooDeep(*v, hops+1)
	case *map[string]any:
		return v != nil && tooDeep(*v, hops+1)
	}
	return valueTooDeep(reflect.ValueOf(v), hops)
}

func valueTooDeep(v reflect.Value, hops int) bool {
	if hops > maxHops {
		return true
	}
	if !v.IsValid() || encodesItself(v.Type()) {
		return false
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		return valueTooDeep(v.Elem(), hops+1)
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			if valueTooDeep(i.Value(), hops+1) {
				return true
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if valueTooDeep(v.Index(i), hops+1) {
				return true
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if valueTooDeep(v.Field(i), hops+1) {
				return true
			}
		}
	}
	return false
}
