// Package payload holds what an authenticated body may be, byte for byte, before a decoder sees it; format.md, Section
// 9. The decoders behind it, encoding/json and msgpack/v5, let far more through: duplicate and misspelt
// keys, integers that wrap, lengths that ask for gigabytes, nesting that ends the process.
package payload

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"github.com/sealring/sealring/internal/failure"
)

const (
	// MaxDepth is how many containers may be nested in each other; decoders recurse, and a stack is finite.
	MaxDepth = 100
	// MaxNodes is how many values, containers and map keys a MessagePack body may have: each may cost a decoder a
	// hundred times its one byte.
	MaxNodes = 65536
	// maxNumberSize is how many characters a JSON number may have: the longest decimal that binary64 still tells
	// apart needs far fewer in practice, and parsers take time that grows faster than the length.
	maxNumberSize = 400
	// maxMemory is how many bytes the large values may take in memory that lists, maps and pointers of one body lead to:
	// one of type [1024]string is nothing but [] in a body. largeSize is the most that a value may have to be none of them.
	maxMemory = 64 << 20
	largeSize = 256
)

// A Fault is the rule that a body breaks, and where. Its text says nothing of what stands there; [Fault.Named] does, for
// whoever wrote the value.
type Fault struct {
	format string
	at     int // byte of the body
	why    string
	path   string // keys and indexes that lead there
}

func (f *Fault) Error() string {
	return fmt.Sprintf("%v: %s, byte %d: %s", failure.BadPayload, f.format, f.at, f.why)
}

// Unwrap returns the class of every Fault.
func (f *Fault) Unwrap() error { return failure.BadPayload }

// Place returns the byte of the body at which the rule is broken, and the rule.
func (f *Fault) Place() (at int, why string) { return f.at, f.why }

// Named returns the fault with the path of the value instead of its place in the body.
func (f *Fault) Named() error {
	if f.path == "" {
		return failure.BadPayload.With("the value: " + f.why)
	}
	return failure.BadPayload.With("the value at " + strings.TrimPrefix(f.path, ".") + ": " + f.why)
}

// Named makes of a payload rule that a value breaks the error that sealing returns, which names the value.
func Named(err error) error {
	if f, ok := errors.AsType[*Fault](err); ok {
		return f.Named()
	}
	return err
}

// maxPathSize keeps an error readable, whatever the keys.
const maxPathSize = 200

func (f *Fault) under(step string) *Fault {
	if len(f.path)+len(step) <= maxPathSize {
		f.path = step + f.path
	}
	return f
}

func (f *Fault) underKey(key []byte) *Fault {
	for _, r := range string(key) {
		if !unicode.IsPrint(r) || r == '.' || r == '[' {
			return f.under(".?")
		}
	}
	return f.under("." + string(key))
}

func (f *Fault) underIndex(i int) *Fault { return f.under("[" + strconv.Itoa(i) + "]") }

// orNil is f as an error, nil if there is none.
func (f *Fault) orNil() error {
	if f == nil {
		return nil
	}
	return f
}

// A names is what duplicates are found in: keys holds the names of all the containers that are open, innermost last.
type names struct {
	keys    [][]byte
	most    int    // how many keys there were at most
	scratch []byte // names that had to be unescaped
}

var namesPool = sync.Pool{New: func() any { return new(names) }}

// maxKeptNames is how many names a pooled names may have room for, so that one large body is not paid for again.
const maxKeptNames = 1024

// release forgets every name, which are parts of a payload, and gives n back.
func (n *names) release() {
	clear(n.keys[:max(n.most, len(n.keys))])
	clear(n.scratch)
	n.keys, n.scratch, n.most = n.keys[:0], n.scratch[:0], 0
	if cap(n.keys) <= maxKeptNames && cap(n.scratch) <= 16*maxKeptNames {
		namesPool.Put(n)
	}
}

// few is up to how many names comparing each with each is faster than sorting them.
const few = 12

// close ends the container whose names begin at base, and reports whether each of them was there once.
func (n *names) close(base int) (unique bool) {
	n.most = max(n.most, len(n.keys))
	keys := n.keys[base:]
	unique = true
	if len(keys) > few {
		slices.SortFunc(keys, bytes.Compare)
		for i := 1; i < len(keys) && unique; i++ {
			unique = !bytes.Equal(keys[i-1], keys[i])
		}
	} else {
		// Of most names one bit says that none before is the same.
		seen := uint64(0)
		for i, key := range keys {
			bit := bitOf(key)
			if seen&bit != 0 {
				for _, other := range keys[:i] {
					unique = unique && !bytes.Equal(key, other)
				}
			}
			seen |= bit
		}
	}
	n.keys = n.keys[:base]
	return unique
}

// bitOf is one of 64 bits, the same for names that are the same.
func bitOf(name []byte) uint64 {
	if len(name) == 0 {
		return 1
	}
	return 1 << ((len(name) + 5*int(name[0]) + 11*int(name[len(name)-1])) & 63)
}
