package rotation

import (
	"fmt"
	"slices"
	"time"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/keyfile"
)

// An Effect names what a Consequence is about.
type Effect string

// The effects of Revoke.
const (
	// NothingChanges: the key was disabled before.
	NothingChanges Effect = "nothing-changes"
	// NoTokens: the key is only staged; nothing is sealed with it yet.
	NoTokens Effect = "no-tokens"
	// TokensRefused: every token that the key sealed since Consequence.At is refused.
	TokensRefused Effect = "tokens-refused"
	// OtherPrimary: another key seals in its place.
	OtherPrimary Effect = "other-primary"
	// SealingFails: no key seals any more, from Consequence.At on.
	SealingFails Effect = "sealing-fails"
	// PrimaryCloses: the key that seals in its place closes, and tokens end at Consequence.At with it.
	PrimaryCloses Effect = "primary-closes"
	// UntilReload: a node goes on with the key until it has the document.
	UntilReload Effect = "until-reload"
)

// A Consequence is one thing that follows from revoking a key.
type Consequence struct {
	Effect Effect `json:"effect"`
	// KeyID is the key that it is about: the revoked one, or the one that seals in its place.
	KeyID string `json:"key_id,omitempty"`
	// At is since when or until when, as Effect says; zero where that is now, or not known.
	At time.Time `json:"at,omitzero"`
	// Text says what happens and what to do.
	Text string `json:"text"`
}

// Revoke returns the document in which a key is disabled, of the next generation, and what follows from writing it. It
// changes nothing but what it returns, so that the consequences can be shown before the document is written. If the key is
// disabled already, the document is as it was. It fails with ErrKeyring if there is no such key or nodes would not load the
// document.
//
// Run Next on what Revoke returns, and write that: it stages a key, or adds one that seals at once where none does.
func Revoke(document *keyfile.Document, id string, now time.Time) (*keyfile.Document, []Consequence, error) {
	if document == nil {
		document = new(keyfile.Document)
	}
	before, err := newModel(document)
	if err != nil {
		return nil, nil, err
	}
	place := slices.IndexFunc(document.Keys, func(e keyfile.Entry) bool { return e.String() == id })
	if place < 0 {
		return nil, nil, failure.Keyring.With("the document has no key of that ID; list those that it has")
	}
	revoked := &keyfile.Document{Generation: document.Generation, Keys: slices.Clone(document.Keys)}
	k := &before.keys[place]
	if k.disabled {
		return revoked, []Consequence{{Effect: NothingChanges, KeyID: k.id,
			Text: fmt.Sprintf("key %s is disabled already", k.id)}}, nil
	}
	if document.Generation == maxGeneration {
		return nil, nil, failure.Keyring.With("the document has the last generation there is; begin a new one")
	}
	revoked.Generation++
	revoked.Keys[place].Disabled = true
	after, err := newModel(revoked)
	if err != nil {
		return nil, nil, err // unreachable: a ring with a key disabled breaks no rule that it did not break before
	}
	t := now.UnixMilli()
	return revoked, append(tokenConsequences(k, t), sealConsequences(k, before, after, t)...), nil
}

// tokenConsequences tells which tokens are lost.
func tokenConsequences(k *key, now int64) []Consequence {
	switch {
	case !k.opens(now):
		return []Consequence{{Effect: NoTokens, KeyID: k.id,
			Text: fmt.Sprintf("key %s is closed since %s: its tokens are refused already", k.id, formatTime(k.openUntil))}}
	case k.sealFrom > now:
		return []Consequence{{Effect: NoTokens, KeyID: k.id,
			Text: fmt.Sprintf("key %s was to seal from %s: no tokens are lost but those of a node whose clock is ahead", k.id,
				formatTime(k.sealFrom))}}
	}
	since := Consequence{Effect: TokensRefused, KeyID: k.id, At: toTime(k.start()),
		Text: fmt.Sprintf("every token that key %s sealed since %s is refused, also those that have not expired: their holders "+
			"are logged out", k.id, formatTime(k.start()))}
	reload := Consequence{Effect: UntilReload, KeyID: k.id,
		Text: fmt.Sprintf("a node that has not reloaded the document goes on with key %s, and opens what others forge with it: "+
			"reload every node where the key has leaked", k.id)}
	return []Consequence{since, reload}
}

// sealConsequences tells what seals in place of the key.
func sealConsequences(k *key, before, after *model, now int64) []Consequence {
	was, is := before.primary(now), after.primary(now)
	if is == nil {
		text := "no key seals any more, and nodes that have a primary key stay with the document before: add one at once " +
			"(`sealring keys rotate`); nodes that do not know it yet refuse what it seals"
		if was == nil {
			text = "no key seals, with or without it: add one at once (`sealring keys rotate`)"
		}
		return []Consequence{{Effect: SealingFails, Text: text}}
	}
	var found []Consequence
	if was == nil || was.id != is.id {
		found = append(found, Consequence{Effect: OtherPrimary, KeyID: is.id,
			Text: fmt.Sprintf("key %s seals in its place, as before it; stage another (`sealring keys rotate`)", is.id)})
	}
	for _, t := range after.moments(now) {
		if after.primary(t) == nil && before.primary(t) != nil {
			found = append(found, Consequence{Effect: SealingFails, At: toTime(t),
				Text: fmt.Sprintf("from %s on no key seals: stage one that does before (`sealring keys rotate`)", formatTime(t))})
			break
		}
	}
	if is.openUntil != farFuture && len(found) > 0 {
		found = append(found, Consequence{Effect: PrimaryCloses, KeyID: is.id, At: toTime(is.openUntil),
			Text: fmt.Sprintf("key %s closes at %s, and tokens that it seals end then: let it close later, or have a new key soon",
				is.id, formatTime(is.openUntil))})
	}
	return found
}
