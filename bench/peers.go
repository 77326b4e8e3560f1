package main

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// A peer is another library with its best honest settings, which seals a payload of type P to a token of type T. Its seal
// and its open do nothing but call it.
type peer[P any, T string | []byte] struct {
	name string
	note string // what it does less or more than an envelope
	seal func(payload P) (T, error)
	open func(token T) (P, error)
	// unprotected is true where a changed token is none of its business.
	unprotected bool
}

// peerTTL is how long a token is good for, of us and of each peer that has a clock.
const peerTTL = 24 * time.Hour

// addPeer adds sealing payload, and opening what was sealed. of returns the payload anew, for peers that write into it.
func addPeer[P any, T string | []byte](g *group, p peer[P, T], of func() P) error {
	token, err := p.seal(of())
	if err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	seal, open := "seal "+p.name, "open "+p.name
	g.makes(seal, len(token))
	g.describe(seal, p.note)
	g.describe(open, p.note)
	check := func() error { return p.check(of) }
	payload := of()
	g.add(seal, check, func(n int) {
		for range n {
			if _, err := p.seal(payload); err != nil {
				panic(err)
			}
		}
	})
	g.add(open, check, func(n int) {
		for range n {
			if _, err := p.open(token); err != nil {
				panic(err)
			}
		}
	})
	return nil
}

// check says whether what is sealed opens to the payload, and no longer does with a byte changed, at the first, middle or
// last third. The change keeps to the alphabet of base64, so that it is refused for what it means and not for how it
// looks. The last bytes of a text are left alone: some of their bits mean nothing to some decoders.
func (p peer[P, T]) check(of func() P) error {
	token, err := p.seal(of())
	if err != nil {
		return err
	}
	got, err := p.open(token)
	if err != nil {
		return err
	}
	if !reflect.DeepEqual(got, of()) {
		return errors.New("it opens to something else")
	}
	if p.unprotected {
		return nil
	}
	for _, place := range []int{len(token) / 6, len(token) / 2, len(token) * 5 / 6} {
		changed := slices.Clone([]byte(token))
		if changed[place] = 'A'; token[place] == 'A' {
			changed[place] = 'B'
		}
		if _, err := p.open(T(changed)); err == nil {
			return fmt.Errorf("it opens with byte %d of %d changed", place, len(token))
		}
	}
	return nil
}

// peerSize is the size of payload at which the peers have rows; the other sizes are for the report.
const peerSize = 256

// peersGroup is the layer of bytes beside the peers that take bytes.
func peersGroup(size int) (*group, error) {
	f, err := newFixture(size)
	if err != nil {
		return nil, err
	}
	g := new(group)
	f.addSealers(g)
	f.addOpeners(g)
	for _, add := range []func(*group, []byte) error{addGorilla, addJOSE, addTink, addFernet, addPaseto} {
		if err := add(g, f.body); err != nil {
			return nil, err
		}
	}
	if size != peerSize {
		return g, nil
	}
	for _, r := range []struct {
		peer, ours string
		seal, open bar
	}{
		{"gorilla-hmac", "text signed", atLeast(4), atLeast(3)},
		{"go-jose-jws", "text signed", atLeast(7), atLeast(7)},
		{"fernet-go", "text signed", atLeast(3.5), atLeast(2.6)},
		{"tink-mac", "text signed", atLeast(1), atLeast(1)},
		{"tink-mac-subtle", "text signed", bar{}, bar{}},
		{"jwx-jws", "text signed", bar{}, bar{}},
		{"fernet-go", "text encrypted", bar{}, bar{}},
		{"gorilla-aes", "text encrypted", bar{}, bar{}},
		{"go-jose-jwe", "text encrypted", bar{}, bar{}},
		{"go-paseto", "text encrypted", bar{}, bar{}},
		{"tink-aead", "binary encrypted", bar{}, bar{}},
	} {
		g.against("seal", r.peer, r.ours, size, r.seal)
		g.against("open", r.peer, r.ours, size, r.open)
	}
	return g, nil
}

// against adds the row of what a peer takes to what we take: how many times as long.
func (g *group) against(op, peer, ours string, size int, b bar) {
	name := fmt.Sprintf("%s-%s/%s", op, peer, dashed(ours))
	r := ratio(name, size, b, op+" "+peer, op+" "+ours)
	r.note = g.notes[op+" "+peer]
	g.rows = append(g.rows, r)
}

// dashed makes the name of a candidate a part of the name of a row.
func dashed(name string) string { return strings.ReplaceAll(name, " ", "-") }

// cloned returns body anew at each call.
func cloned(body []byte) func() []byte { return func() []byte { return slices.Clone(body) } }
