package payload

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/sealring/sealring/internal/failure"
)

// A JSONType is what checking has to know of the Go type that a JSON body goes to: where its objects are structs, and
// what their fields are called. A nil JSONType knows nothing and lets every key through.
type JSONType struct {
	fields map[string]jsonMember // of a struct; nil otherwise
	order  []jsonMember          // of a struct: its own fields as encoding/json writes them
	folded map[string]bool       // of a struct: the names with letter case folded away
	elem   *JSONType             // of a map, slice or array
	cost   int                   // of a map, slice or array: bytes that each element takes, where they are many
	most   int                   // of an array: how many elements it may have; otherwise -1 for any number
	digits bool                  // of a map: its keys are integers
	depth  int                   // containers in each other, of a type that does not contain itself
	traits *jsonTraits           // of the whole type, at its root
}

// A jsonMember is what the value of a field's key goes to, and how many bytes that takes beside the struct, where they are
// many.
type jsonMember struct {
	name string
	typ  *JSONType
	cost int
	next int // place in order of the field that comes after it
}

// jsonTraits are what holds for a type and everything in it.
type jsonTraits struct {
	dynamic bool // an interface, so that a number may go to "any"
	opaque  bool // a type that writes its own JSON
	endless bool // a type that contains itself, so that no depth can be told
	large   bool // what takes many bytes, of which a body may hold too much
}

// elements returns what the elements of an array go to, how many there may be, -1 for any number, and what each costs.
func (t *JSONType) elements() (element *JSONType, most, cost int) {
	if t == nil || t.fields != nil {
		return nil, -1, 0
	}
	return t.elem, t.most, t.cost
}

// member returns what the value of an object's key goes to, and what it costs. It says why where encoding/json would
// take the key for another one: for a field that it matches by letter case alone, or for an integer that has another
// text.
//
// next is what it returned for the key before, 0 for the first: keys come in the order of fields, nearly always, and to
// compare one costs a fraction of looking it up.
func (t *JSONType) member(key []byte, next int) (m *JSONType, cost int, why string, then int) {
	switch {
	case t == nil:
		return nil, 0, "", 0
	case t.fields == nil:
		if t.digits && !plainInteger(key) {
			return nil, 0, "a key that is no integer, or has more than its digits", 0
		}
		return t.elem, t.cost, "", 0
	case next < len(t.order) && t.order[next].name == string(key):
		m := &t.order[next]
		return m.typ, m.cost, "", next + 1
	}
	if m, ok := t.fields[string(key)]; ok {
		return m.typ, m.cost, "", m.next
	}
	var buffer [64]byte
	if t.folded[string(appendFolded(buffer[:0], key))] {
		return nil, 0, "a key that matches a field by letter case alone", 0
	}
	return nil, 0, "", next
}

// appendFolded appends a name such that two are the same for bytes.EqualFold if and only if they are the same folded.
func appendFolded(dst, name []byte) []byte {
	for _, r := range string(name) {
		for next := unicode.SimpleFold(r); ; next = unicode.SimpleFold(next) {
			if next <= r {
				r = next
				break
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst
}

// plainInteger reports whether a key is an integer as strconv writes it.
func plainInteger(key []byte) bool {
	digits := bytes.TrimPrefix(key, []byte("-"))
	if len(digits) == 0 || digits[0] == '0' && len(key) > 1 {
		return false
	}
	return !slices.ContainsFunc(digits, func(b byte) bool { return !isDigit(b) })
}

// Dynamic reports whether a number can go to an interface, where encoding/json would round it unless told otherwise.
func (t *JSONType) Dynamic() bool { return t.traits.dynamic }

// CheckValue refuses a value that encoding/json would follow without end, or into more than limit values.
func (t *JSONType) CheckValue(v any, limit int) error {
	if !t.traits.dynamic && !t.traits.endless {
		return nil
	}
	n := nest{leftOut: leftOutOfJSON, encodesItself: encodesItselfAsJSON}
	return n.check(v, limit)
}

// leftOutOfJSON tells fields without a name; "-," is the name "-".
func leftOutOfJSON(f reflect.StructField) bool { return f.Tag.Get("json") == "-" }

func encodesItselfAsJSON(t reflect.Type) bool { return implements(t, jsonMarshaler, textMarshaler) }

// Safe reports whether encoding/json can write nothing of the type that CheckJSON would refuse.
func (t *JSONType) Safe() bool {
	return !t.traits.dynamic && !t.traits.opaque && !t.traits.endless && !t.traits.large && t.depth <= MaxDepth
}

var (
	jsonMarshaler   = reflect.TypeFor[json.Marshaler]()
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textMarshaler   = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonNumber      = reflect.TypeFor[json.Number]()
	timeType        = reflect.TypeFor[time.Time]()
)

// NewJSONType returns what checking has to know of t, following encoding/json's rules for it. It refuses types that would
// be sealed and never opened.
func NewJSONType(t reflect.Type) (*JSONType, error) {
	b := jsonTypes{seen: map[reflect.Type]*JSONType{}}
	root := *b.of(t)
	root.traits = &b.traits
	return &root, b.err
}

type jsonTypes struct {
	seen   map[reflect.Type]*JSONType
	open   []reflect.Type // the types that the current one stands in
	traits jsonTraits
	err    error
}

func (b *jsonTypes) refuse(t reflect.Type, why string) {
	if b.err == nil {
		b.err = fmt.Errorf("%v: %s", t, why)
	}
}

func (b *jsonTypes) of(t reflect.Type) *JSONType {
	t, ok := pointee(t)
	if !ok || slices.Contains(b.open, t) {
		b.traits.endless = true
	}
	if known := b.seen[t]; known != nil {
		return known
	}
	node := &JSONType{most: -1}
	b.seen[t] = node
	if t == timeType {
		return node
	}
	if t == jsonNumber || encodesItselfAsJSON(t) {
		b.traits.opaque = true
	}
	if implements(t, jsonUnmarshaler, textUnmarshaler) {
		b.traits.opaque = true
		return node
	}

	b.open = append(b.open, t)
	defer func() { b.open = b.open[:len(b.open)-1] }()
	switch t.Kind() {
	case reflect.Interface:
		if t.NumMethod() > 0 {
			b.refuse(t, "an interface with methods, which no decoder can fill; use any or a type")
		}
		b.traits.dynamic = true
	case reflect.Map:
		if implements(t.Key(), textMarshaler, textUnmarshaler) {
			b.traits.opaque = true
		}
		node.elem, node.cost = b.of(t.Elem()), elementCost(t)
		node.depth = 1 + node.elem.depth
		b.traits.large = b.traits.large || node.cost > 0
		node.digits = t.Key().Kind() != reflect.String && !implements(t.Key(), textUnmarshaler)
	case reflect.Slice, reflect.Array:
		node.elem, node.cost = b.of(t.Elem()), elementCost(t)
		node.depth = 1 + node.elem.depth
		if t.Kind() == reflect.Array {
			node.most = t.Len()
		}
		b.traits.large = b.traits.large || node.cost > 0
	case reflect.Struct:
		node.fields, node.folded = map[string]jsonMember{}, map[string]bool{}
		for name, field := range jsonFields(t) {
			if field.hidden {
				b.refuse(t, "it embeds a pointer to a struct that is not exported; embed the struct, or export it")
			}
			if field.quoted && isText(field.typ) {
				b.refuse(t, "a struct tag with the option string on a type that writes its own text; leave the option out")
			}
			member := b.of(field.typ)
			cost := pointeeCost(field.typ)
			node.fields[name] = jsonMember{name: name, typ: member, cost: cost}
			b.traits.large = b.traits.large || cost > 0
			node.folded[string(appendFolded(nil, []byte(name)))] = true
			node.depth = max(node.depth, member.depth)
		}
		node.setOrder(t)
		node.depth++
	}
	return node
}

// setOrder sets the order of a struct's own fields. Those of embedded structs are looked up.
func (t *JSONType) setOrder(of reflect.Type) {
	for i := range of.NumField() {
		name, _, inline := jsonName(of.Field(i))
		m, ok := t.fields[name]
		if inline != nil || !ok || m.next > 0 {
			continue
		}
		m.next = len(t.order) + 1
		t.order = append(t.order, m)
		t.fields[name] = m
	}
}

// pointee follows pointers; ok is false for a pointer type that points to itself.
func pointee(t reflect.Type) (_ reflect.Type, ok bool) {
	for range MaxDepth {
		if t.Kind() != reflect.Pointer {
			return t, true
		}
		t = t.Elem()
	}
	return t, false
}

// elementCost is how many bytes of memory an element of a map, slice or array takes that the value itself does not, 0
// where that is few: a body of a MiB cannot ask for much more then.
func elementCost(t reflect.Type) int {
	cost := pointeeCost(t.Elem())
	if size := t.Elem().Size(); t.Kind() != reflect.Array && size > largeSize {
		cost = int(min(size, maxMemory+1))
	}
	return cost
}

// pointeeCost is how many bytes that are not few a pointer leads to, 0 for what is no pointer.
func pointeeCost(t reflect.Type) int {
	if t.Kind() != reflect.Pointer {
		return 0
	}
	if t, _ = pointee(t); t.Size() <= largeSize {
		return 0
	}
	return int(min(t.Size(), maxMemory+1))
}

// implements reports whether t or a pointer to it implements one of the interfaces.
func implements(t reflect.Type, interfaces ...reflect.Type) bool {
	return slices.ContainsFunc(interfaces, func(i reflect.Type) bool {
		return t.Implements(i) || reflect.PointerTo(t).Implements(i)
	})
}

// CheckObject refuses a type whose values are no object in JSON. Of an interface, and of a type that reads or writes its
// own JSON, that shows in the value only.
func CheckObject(t reflect.Type) error {
	object := t
	for range MaxDepth { // since a type may point to itself
		if object.Kind() != reflect.Pointer || implements(object, jsonMarshaler, jsonUnmarshaler) {
			break
		}
		object = object.Elem()
	}
	switch kind := object.Kind(); {
	case implements(object, jsonMarshaler, jsonUnmarshaler):
		return nil
	case implements(object, textMarshaler, textUnmarshaler):
	case kind == reflect.Struct, kind == reflect.Map, kind == reflect.Interface:
		return nil
	}
	return failure.Config.With(fmt.Sprintf("a session is an object in JSON, and no %v is one", t))
}

// A jsonField is one of the fields of a name: times counts those that tie with it.
type jsonField struct {
	typ    reflect.Type
	depth  int // of embedding
	tagged bool
	times  int
	hidden bool // behind an embedded pointer that no decoder may set
	quoted bool // by the option "string"
}

// jsonFields returns the fields of a struct by the names that encoding/json knows them by. Of several fields of one name
// the least deeply embedded counts, then a tagged one; where that leaves two, neither does.
func jsonFields(t reflect.Type) map[string]jsonField {
	fields := map[string]jsonField{}
	visited := map[reflect.Type]bool{}
	level := map[reflect.Type]int{t: 1} // how often a struct is embedded at a depth
	hidden := map[reflect.Type]bool{}   // structs behind a pointer that no decoder may set
	for depth := 0; len(level) > 0; depth++ {
		next := map[reflect.Type]int{}
		for s, times := range level {
			if visited[s] {
				continue
			}
			visited[s] = true
			for i := range s.NumField() {
				f := s.Field(i)
				name, tagged, inline := jsonName(f)
				switch {
				case inline != nil:
					next[inline]++
					hidden[inline] = hidden[s] || f.Type.Kind() == reflect.Pointer && !f.IsExported()
				case name != "":
					addJSONField(fields, name, jsonField{f.Type, depth, tagged, times, hidden[s], quoted(f)})
				}
			}
		}
		level = next
	}
	for name, f := range fields {
		if f.times > 1 {
			delete(fields, name)
		}
	}
	return fields
}

// quoted reports whether encoding/json expects JSON in a string where the field is: its type is a number, text or truth.
func quoted(f reflect.StructField) bool {
	options := strings.Split(f.Tag.Get("json"), ",")[1:]
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	plain := t.Kind() >= reflect.Bool && t.Kind() <= reflect.Float64 || t.Kind() == reflect.String
	return plain && slices.Contains(options, "string")
}

// isText reports whether encoding/json writes values of a type as text of their own, and reads them as that.
func isText(t reflect.Type) bool {
	t, _ = pointee(t)
	return implements(t, textMarshaler) && implements(t, textUnmarshaler) && !implements(t, jsonMarshaler, jsonUnmarshaler)
}

func addJSONField(fields map[string]jsonField, name string, f jsonField) {
	old, ok := fields[name]
	switch {
	case !ok || f.depth == old.depth && f.tagged && !old.tagged:
		fields[name] = f
	case f.depth == old.depth && f.tagged == old.tagged:
		old.times += f.times
		fields[name] = old
	}
}

// jsonName returns the name of a field, "" if encoding/json leaves it out; or, of an embedded struct whose fields count
// as fields of the outer one, that struct.
func jsonName(f reflect.StructField) (name string, tagged bool, inline reflect.Type) {
	embedded := f.Type
	if f.Anonymous && embedded.Kind() == reflect.Pointer {
		embedded = embedded.Elem()
	}
	isStruct := f.Anonymous && embedded.Kind() == reflect.Struct
	tag := f.Tag.Get("json")
	if tag == "-" || !f.IsExported() && !isStruct {
		return "", false, nil
	}
	name, _, _ = strings.Cut(tag, ",")
	switch {
	case validJSONName(name):
		return name, true, nil
	case isStruct:
		return "", false, embedded
	}
	return f.Name, false, nil
}

// validJSONName is what encoding/json takes for a name in a tag.
func validJSONName(name string) bool {
	for _, r := range name {
		if !strings.ContainsRune("!#$%&()*+-./:;<=>?@[]^_{|}~ ", r) && !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return false
		}
	}
	return name != ""
}
