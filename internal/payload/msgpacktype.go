package payload

import (
	"encoding"
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
)

// A MessagePackType is what checking has to know of the Go type that a MessagePack body goes to: where its numbers, maps
// and texts are. msgpack/v5 wraps an integer that a field cannot hold, takes the bytes of a timestamp for the header of
// a map where it expects a map, and bin for text. A nil MessagePackType knows nothing and lets everything through.
type MessagePackType struct {
	min    int64                       // of a number
	max    uint64                      // of a number; 0 of anything else
	isMap  bool                        // a map, of which elem is the element
	isText bool                        // a string
	elem   *MessagePackType            // of a map, slice or array
	cost   int                         // of a map, slice or array: bytes that each element takes, where they are many
	fields map[string]*MessagePackType // of a struct
	costs  map[string]int              // of a struct: bytes that its fields take beside it, where they are many
	list   []*MessagePackType          // of a struct: in order, as an array encodes them
	order  []int                       // of a struct: costs in that order

	messagePackTraits // at the root
}

// messagePackTraits are what holds for a type and everything in it.
type messagePackTraits struct {
	narrowest Extent // what each of its numbers can hold, and what nothing in it minds
	large     bool   // it has what takes so many bytes that no body may hold too much of it
	endless   bool   // a value of it can be nested without end, or in itself
}

// NewMessagePackType returns what checking has to know of t, following msgpack/v5's rules for it. It refuses types that
// can never be sealed.
func NewMessagePackType(t reflect.Type) (*MessagePackType, error) {
	b := messagePackTypes{seen: map[reflect.Type]*MessagePackType{}}
	b.narrowest = Extent{min: math.MinInt64, max: math.MaxUint64, timestamp: true, bin: true}
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
	msgpackMarshaler  = reflect.TypeFor[interface{ MarshalMsgpack() ([]byte, error) }]()
	msgpackUnmarshal  = reflect.TypeFor[interface{ UnmarshalMsgpack([]byte) error }]()
	errorType         = reflect.TypeFor[error]()
	isZeroer          = reflect.TypeFor[interface{ IsZero() bool }]()
)

// encodesItself and decodesItself tell types whose methods msgpack/v5 calls; what those do is theirs.
func encodesItself(t reflect.Type) bool {
	return customEncoder(t) || implements(t, msgpackMarshaler, binaryMarshaler, textMarshaler)
}

func decodesItself(t reflect.Type) bool {
	return customDecoder(t) || implements(t, msgpackUnmarshal, binaryUnmarshaler, textUnmarshaler)
}

// customEncoder and customDecoder report whether t or a pointer to it implements the interface of that name in msgpack/v5.
// They go by the method, so that who checks JSON alone does not link that package. The names are constants because the
// linker drops no method at all where it does not know which ones reflection asks for.
func customEncoder(t reflect.Type) bool {
	m, ok := pointerTo(t).MethodByName("EncodeMsgpack")
	return ok && takes(m, "*msgpack.Encoder")
}

func customDecoder(t reflect.Type) bool {
	m, ok := pointerTo(t).MethodByName("DecodeMsgpack")
	return ok && takes(m, "*msgpack.Decoder")
}

// pointerTo is the type that has all methods of t: a pointer to an interface has none.
func pointerTo(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Interface {
		return t
	}
	return reflect.PointerTo(t)
}

// takes reports whether a method has one parameter, of a type in msgpack/v5, and returns an error.
func takes(m reflect.Method, parameter string) bool {
	in := m.Type.NumIn()
	if in == 0 || m.Func.IsValid() && in != 2 || !m.Func.IsValid() && in != 1 { // with the receiver, but of an interface
		return false
	}
	p := m.Type.In(in - 1)
	return p.String() == parameter && p.Elem().PkgPath() == "github.com/vmihailenco/msgpack/v5" &&
		m.Type.NumOut() == 1 && m.Type.Out(0) == errorType
}

// keysAreText reports whether msgpack/v5 can write keys of type t as str. What marshals itself as binary or text is bin.
func keysAreText(t reflect.Type) bool {
	if customEncoder(t) || implements(t, msgpackMarshaler) || t.Kind() == reflect.Interface {
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
		b.endless = b.endless || isContainer(t.Kind()) && !encodesItself(t)
		return node
	}

	b.open = append(b.open, t)
	defer func() { b.open = b.open[:len(b.open)-1] }()
	switch kind := t.Kind(); kind {
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		b.number(node, -1<<(t.Bits()-1), 1<<(t.Bits()-1)-1)
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		b.number(node, 0, math.MaxUint64>>(64-t.Bits()))
	case reflect.Float32, reflect.Float64:
		b.number(node, math.MinInt64, math.MaxInt64) // an integer gets there by way of int64
	case reflect.String:
		b.narrowest.bin = false
		node.isText = true
	case reflect.Interface:
		if t.NumMethod() > 0 && t != errorType {
			b.refuse(t, "an interface with methods, which no decoder can fill; use any or a type")
		}
		b.endless = true
	case reflect.Map:
		if !keysAreText(t.Key()) {
			b.refuse(t, "the keys of a map in a payload are text; use string for them")
		}
		b.narrowest.timestamp = false
		node.isMap, node.elem, node.cost = true, b.of(t.Elem()), b.charge(elementCost(t))
	case reflect.Slice, reflect.Array:
		// Elements of kind uint8 travel as bin, in which nothing can wrap.
		if t.Elem().Kind() != reflect.Uint8 {
			node.elem, node.cost = b.of(t.Elem()), b.charge(elementCost(t))
		}
	case reflect.Struct:
		fields := b.fields(t, nil)
		node.fields, node.costs = map[string]*MessagePackType{}, map[string]int{}
		for name, f := range fields.byName {
			node.fields[name] = b.of(f.typ)
			if cost := b.charge(pointeeCost(f.typ)); cost > 0 {
				node.costs[name] = cost
			}
		}
		for _, f := range fields.list {
			node.list = append(node.list, b.of(f.typ))
			node.order = append(node.order, pointeeCost(f.typ))
		}
	case reflect.Chan, reflect.Func, reflect.Complex64, reflect.Complex128, reflect.UnsafePointer, reflect.Uintptr:
		b.refuse(t, "a type that MessagePack does not have")
	}
	return node
}

// charge returns a cost, and takes note where the nodes of a body may add up to too much.
func (b *messagePackTypes) charge(cost int) int {
	b.large = b.large || cost > maxMemory/MaxNodes
	return cost
}

func (b *messagePackTypes) number(node *MessagePackType, least int64, most uint64) {
	node.min, node.max = least, most
	b.narrowest.min = max(b.narrowest.min, least)
	b.narrowest.max = min(b.narrowest.max, most)
}

// FallbackTag is the struct tag that names a field where it has no msgpack tag: encoders and decoders are set to it at
// every use.
const FallbackTag = "json"

// messagePackTag returns the tag of a field that msgpack/v5 reads, and whether it is the fallback.
func messagePackTag(f reflect.StructField) (tag string, fallback bool) {
	if tag = f.Tag.Get("msgpack"); tag != "" {
		return tag, false
	}
	tag = f.Tag.Get(FallbackTag)
	return tag, tag != ""
}

// messagePackFields are a struct's fields as msgpack/v5 knows them: by name on the way in, in order on the way out and
// where the struct comes as an array.
type messagePackFields struct {
	byName map[string]*messagePackField
	list   []*messagePackField
}

type messagePackField struct {
	name      string
	typ       reflect.Type
	omitEmpty bool
}

func (f *messagePackFields) add(field *messagePackField) {
	f.byName[field.name] = field
	f.list = append(f.list, field)
}

// plainTag are the tags that mean to msgpack/v5 what they say. It takes more, trims and unquotes it.
var plainTag = regexp.MustCompile(`^[^ '"\\(),:]*(,[^ '"\\(),:]*(:[^ '"\\(),:]+)?)*$`)

// hasOption reports whether a tag's options have one of a name, whatever its value.
func hasOption(options []string, name string) bool {
	return slices.ContainsFunc(options, func(option string) bool {
		option, _, _ = strings.Cut(option, ":")
		return option == name
	})
}

// checkTag refuses tags that say one thing to people or to encoding/json and another to msgpack/v5.
func (b *messagePackTypes) checkTag(t reflect.Type, f reflect.StructField, tag string, fallback bool) {
	name, _, options := strings.Cut(tag, ",")
	switch {
	case fallback && (!plainTag.MatchString(tag) || name == "-" && options || name != "" && !validJSONName(name)):
		b.refuse(t, fmt.Sprintf("MessagePack cannot follow the json tag of field %s; add `msgpack:\"name\"`", f.Name))
	case !plainTag.MatchString(tag):
		b.refuse(t, "a struct tag with blanks, quotes or brackets, or an option for a name; write `msgpack:\"name,option\"`")
	case hasOption(strings.Split(tag, ",")[1:], "intern"):
		b.refuse(t, "interned strings, an extension that payloads may not have")
	}
}

// checkEmbedded refuses what msgpack/v5 does not bring back, of types that do not do it themselves.
func (b *messagePackTypes) checkEmbedded(t reflect.Type, f reflect.StructField, options []string) {
	embedded, ok := pointee(f.Type)
	switch {
	case !ok || encodesItself(embedded) && decodesItself(embedded):
	case !f.IsExported() && (embedded.Kind() != reflect.Struct || f.Type.Kind() == reflect.Pointer):
		b.refuse(t, "it embeds a type that is not exported, and no struct; give it a name")
	case f.Type.Kind() == reflect.Pointer && embedded.Kind() == reflect.Struct && !hasOption(options, "noinline"):
		// It would come back as a pointer to zeros, through a goroutine that never ends.
		b.refuse(t, "it embeds a pointer to a struct, of which nil would not come back; embed the struct, or give it a name")
	}
}

// checkOmitEmpty refuses to leave out what msgpack/v5 holds to be empty and would not come back as it was: zeros in an
// interface, and structs of which it looks at no field, whatever their own methods write.
func (b *messagePackTypes) checkOmitEmpty(t reflect.Type, f *messagePackField, field string) {
	kept := func(f *messagePackField) bool { return !f.omitEmpty }
	switch {
	case f.typ.Kind() == reflect.Interface:
		b.refuse(t, fmt.Sprintf("field %s is an interface, of which omitempty would leave out zeros too; "+
			"add a msgpack tag without it", field))
	case f.typ.Kind() == reflect.Struct && encodesItself(f.typ) && !f.typ.Implements(isZeroer) &&
		!slices.ContainsFunc(b.fields(f.typ, nil).list, kept):
		b.refuse(t, fmt.Sprintf("field %s encodes itself and has no method IsZero, so that omitempty would leave it out "+
			"whatever it holds; add a msgpack tag without it", field))
	}
}

// fields follows msgpack/v5 in what it makes of tags and embedding; outer are the structs that t is embedded in.
func (b *messagePackTypes) fields(t reflect.Type, outer []reflect.Type) *messagePackFields {
	fs := &messagePackFields{byName: map[string]*messagePackField{}}
	if slices.Contains(outer, t) {
		b.refuse(t, "a struct that embeds itself")
		return fs
	}
	omitAll := false
	for i := range t.NumField() {
		f := t.Field(i)
		tag, fallback := messagePackTag(f)
		name, rest, _ := strings.Cut(tag, ",")
		options := strings.Split(rest, ",")
		omitAll = omitAll || f.Name == "_msgpack" && hasOption(options, "omitempty")
		if tag == "-" || !f.IsExported() && !f.Anonymous {
			continue
		}
		b.checkTag(t, f, tag, fallback)
		if name == "-" {
			continue
		}
		if f.Anonymous {
			b.checkEmbedded(t, f, options)
		}
		field := &messagePackField{name, f.Type, omitAll || hasOption(options, "omitempty")}
		if name == "" {
			field.name = f.Name
		}
		if f.Anonymous && !hasOption(options, "noinline") {
			inlined := b.inline(fs, f.Type, append(outer, t), options)
			b.checkInlined(t, f, inlined)
			if inlined {
				fs.byName[field.name] = field
				continue
			}
		}
		fs.add(field)
		if field.omitEmpty {
			b.checkOmitEmpty(t, field, f.Name)
		}
		for _, option := range options {
			if alias, ok := strings.CutPrefix(option, "alias:"); ok {
				fs.byName[alias] = field
			}
		}
	}
	for _, f := range fs.list {
		if fs.byName[f.name] != f {
			b.refuse(t, "two fields have the name "+f.name+"; rename one")
		}
	}
	return fs
}

// checkInlined refuses an embedded struct, unless a msgpack tag names it, that MessagePack would spread where JSON keeps
// it whole, under the name in its json tag, or the other way around.
func (b *messagePackTypes) checkInlined(t reflect.Type, f reflect.StructField, inlined bool) {
	embedded, ok := pointee(f.Type)
	if !ok || embedded.Kind() != reflect.Struct || encodesItself(embedded) || decodesItself(embedded) {
		return
	}
	tag, fallback := messagePackTag(f)
	name, _, _ := strings.Cut(tag, ",")
	switch {
	case inlined && fallback && name != "":
		b.refuse(t, fmt.Sprintf("MessagePack cannot follow the json tag of field %s, which is embedded; "+
			"add `msgpack:\"%s,noinline\"`", f.Name, name))
	case !inlined && name == "":
		b.refuse(t, fmt.Sprintf("field %s is embedded and has a name that another field has; "+
			"add `msgpack:\",inline\"` to leave that one out", f.Name))
	}
}

// inline adds the fields of an embedded struct to fs. Without the option "inline" msgpack/v5 leaves a struct alone that
// decodes itself or shares a name with an earlier field.
func (b *messagePackTypes) inline(fs *messagePackFields, t reflect.Type, outer []reflect.Type, options []string) bool {
	t, ok := pointee(t)
	if !ok || t.Kind() != reflect.Struct {
		return false
	}
	forced := hasOption(options, "inline")
	if !forced && (encodesItself(t) || decodesItself(t)) {
		return false
	}
	inner := b.fields(t, outer)
	taken := func(f *messagePackField) bool { return fs.byName[f.name] != nil }
	if !forced && slices.ContainsFunc(inner.list, taken) {
		return false
	}
	for _, f := range inner.list {
		if !taken(f) {
			fs.add(f)
		}
	}
	return true
}

// Check refuses what the type cannot hold, in a body that CheckMessagePack passed and saw seen in. Types without narrow
// integers pay nothing for it: there is no second walk unless something in the body is out of the narrowest range.
func (t *MessagePackType) Check(data []byte, seen Extent) error {
	if t.large || seen.min < t.narrowest.min || seen.max > t.narrowest.max ||
		seen.timestamp && !t.narrowest.timestamp || seen.bin && !t.narrowest.bin {
		w := fitter{data: data, left: maxMemory}
		return w.value(t).orNil()
	}
	return nil
}

// A fitter walks a checked body along a type.
type fitter struct {
	data []byte
	at   int
	left int // of maxMemory
}

func (w *fitter) fault(at int, why string) *Fault {
	return &Fault{format: "MessagePack", at: at, why: why}
}

func (w *fitter) value(t *MessagePackType) *Fault {
	start := w.at
	f, n, _, size, _ := head(w.data[w.at:])
	w.at += size
	switch f {
	case integer:
		less := negative(w.data[start], n)
		if t != nil && t.max != 0 && (less && int64(n) < t.min || !less && n > t.max) {
			return w.fault(start, "integer out of the range of the field it goes to")
		}
	case str:
		w.at += int(n)
	case bin:
		if t != nil && t.isText {
			return w.fault(start, "bin where text goes")
		}
		w.at += int(n)
	case extension:
		if t != nil && t.isMap {
			return w.fault(start, "timestamp where a map goes")
		}
		w.at += 1 + int(n)
	case array:
		for i := range int(n) {
			element, cost := t.at(i)
			if w.left -= cost; w.left < 0 {
				return w.fault(w.at, tooLarge)
			}
			if f := w.value(element); f != nil {
				return f.underIndex(i)
			}
		}
	case mapping:
		for range int(n) {
			_, length, _, size, _ := head(w.data[w.at:])
			key := w.data[w.at+size : w.at+size+int(length)]
			w.at += size + int(length)
			member, cost := t.member(key)
			if w.left -= cost; w.left < 0 {
				return w.fault(w.at, tooLarge)
			}
			if f := w.value(member); f != nil {
				return f.underKey(key)
			}
		}
	}
	return nil
}

// at returns what element i of an array goes to, and what it costs.
func (t *MessagePackType) at(i int) (element *MessagePackType, cost int) {
	switch {
	case t == nil || t.isMap:
		return nil, 0
	case t.fields == nil:
		return t.elem, t.cost
	case i < len(t.list):
		return t.list[i], t.order[i]
	}
	return nil, 0
}

// member returns what the value of a map's key goes to, and what it costs.
func (t *MessagePackType) member(key []byte) (m *MessagePackType, cost int) {
	switch {
	case t == nil:
		return nil, 0
	case t.fields != nil:
		return t.fields[string(key)], t.costs[string(key)]
	case t.isMap:
		return t.elem, t.cost
	}
	return nil, 0
}

// CheckValue refuses a value that msgpack/v5 would follow without end, or into more values than a payload may have.
func (t *MessagePackType) CheckValue(v any) error {
	if !t.endless {
		return nil
	}
	n := nest{leftOut: leftOutOfMessagePack, encodesItself: encodesItself}
	return n.check(v, MaxNodes)
}

func leftOutOfMessagePack(f reflect.StructField) bool {
	tag, _ := messagePackTag(f)
	name, _, _ := strings.Cut(tag, ",")
	return name == "-"
}
