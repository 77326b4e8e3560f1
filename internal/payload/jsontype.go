package payload

import (
	"bytes"
	"encoding"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"
)

// A JSONType is what checking has to know of the Go type that a JSON body goes to: where its objects are structs, and
// what their fields are called. A nil JSONType knows nothing and lets every key through.
type JSONType struct {
	fields map[string]*JSONType // of a struct; nil otherwise
	elem   *JSONType            // of a map, slice or array
	depth  int                  // containers in each other, of a type that does not contain itself
	traits *jsonTraits          // of the whole type, at its root
}

// jsonTraits are what holds for a type and everything in it.
type jsonTraits struct {
	dynamic bool // an interface, so that a number may go to "any"
	opaque  bool // a type that writes its own JSON
	endless bool // a type that contains itself, so that no depth can be told
}

// element returns what the elements of an array go to.
func (t *JSONType) element() *JSONType {
	if t == nil || t.fields != nil {
		return nil
	}
	return t.elem
}

// member returns what the value of an object's key goes to; ok is false where encoding/json would take the key for a
// field that it matches by letter case alone.
func (t *JSONType) member(key []byte) (m *JSONType, ok bool) {
	if t == nil {
		return nil, true
	}
	if t.fields == nil {
		return t.elem, true
	}
	if m, ok := t.fields[string(key)]; ok {
		return m, true
	}
	for name := range t.fields {
		if bytes.EqualFold([]byte(name), key) {
			return nil, false
		}
	}
	return nil, true
}

// Dynamic reports whether a number can go to an interface, where encoding/json would round it unless told otherwise.
func (t *JSONType) Dynamic() bool { return t.traits.dynamic }

// Safe reports whether encoding/json can write nothing of the type that CheckJSON would refuse.
func (t *JSONType) Safe() bool {
	return !t.traits.dynamic && !t.traits.opaque && !t.traits.endless && t.depth <= MaxDepth
}

var (
	jsonMarshaler   = reflect.TypeFor[json.Marshaler]()
	jsonUnmarshaler = reflect.TypeFor[json.Unmarshaler]()
	textMarshaler   = reflect.TypeFor[encoding.TextMarshaler]()
	textUnmarshaler = reflect.TypeFor[encoding.TextUnmarshaler]()
	jsonNumber      = reflect.TypeFor[json.Number]()
	timeType        = reflect.TypeFor[time.Time]()
)

// NewJSONType returns what checking has to know of t, following encoding/json's rules for it.
func NewJSONType(t reflect.Type) *JSONType {
	b := jsonTypes{seen: map[reflect.Type]*JSONType{}}
	root := *b.of(t)
	root.traits = &b.traits
	return &root
}

type jsonTypes struct {
	seen   map[reflect.Type]*JSONType
	open   []reflect.Type // the types that the current one stands in
	traits jsonTraits
}

func (b *jsonTypes) of(t reflect.Type) *JSONType {
	t, ok := pointee(t)
	if !ok || slices.Contains(b.open, t) {
		b.traits.endless = true
	}
	if known := b.seen[t]; known != nil {
		return known
	}
	node := new(JSONType)
	b.seen[t] = node
	if t == timeType {
		return node
	}
	if t == jsonNumber || implements(t, jsonMarshaler, textMarshaler) {
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
		b.traits.dynamic = true
	case reflect.Map:
		if implements(t.Key(), textMarshaler, textUnmarshaler) {
			b.traits.opaque = true
		}
		node.elem = b.of(t.Elem())
		node.depth = 1 + node.elem.depth
	case reflect.Slice, reflect.Array:
		node.elem = b.of(t.Elem())
		node.depth = 1 + node.elem.depth
	case reflect.Struct:
		node.fields = map[string]*JSONType{}
		for name, field := range jsonFields(t) {
			member := b.of(field.typ)
			node.fields[name] = member
			node.depth = max(node.depth, member.depth)
		}
		node.depth++
	}
	return node
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

// implements reports whether t or a pointer to it implements one of the interfaces.
func implements(t reflect.Type, interfaces ...reflect.Type) bool {
	return slices.ContainsFunc(interfaces, func(i reflect.Type) bool {
		return t.Implements(i) || reflect.PointerTo(t).Implements(i)
	})
}

// A jsonField is one of the fields of a name: times counts those that tie with it.
type jsonField struct {
	typ    reflect.Type
	depth  int // of embedding
	tagged bool
	times  int
}

// jsonFields returns the fields of a struct by the names that encoding/json knows them by. Of several fields of one name
// the least deeply embedded counts, then a tagged one; where that leaves two, neither does.
func jsonFields(t reflect.Type) map[string]jsonField {
	fields := map[string]jsonField{}
	visited := map[reflect.Type]bool{}
	level := map[reflect.Type]int{t: 1} // how often a struct is embedded at a depth
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
				case name != "":
					addJSONField(fields, name, jsonField{f.Type, depth, tagged, times})
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
