package rotation

import (
	"fmt"
	"slices"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/keyfile"
)

// An Action is what happens to a key in a new document.
type Action string

// The actions of Next, and of Revoke.
const (
	// Staged: the key is new, and seals from Change.At.
	Staged Action = "staged"
	// Closing: a newer key seals by every clock, and this one opens until Change.At.
	Closing Action = "closing"
	// Removed: the key closed long ago, and is no longer in the document.
	Removed Action = "removed"
)

// A Change is one difference between a document and the one that Next makes of it.
type Change struct {
	Action Action `json:"action"`
	KeyID  string `json:"key_id"`
	// At is when a staged key seals, a closing one closes and a removed one closed. It is zero where a key seals at
	// once, and where a removed one was disabled without an end.
	At time.Time `json:"at,omitzero"`
	// Text says it for people.
	Text string `json:"text"`
}

// Next returns the document that is to follow a document at a moment, and how it differs. It stages a key in time, with
// the moment at which it becomes primary; it writes down when a key closes once a newer one seals by every clock; and it
// removes keys that closed long ago. If nothing is to be done, there are no changes and the document has the generation
// that it had; otherwise one more. Running it again at the same moment changes nothing.
//
// A document that is nil or has no keys gets one that seals at once. So does one that has no primary key: nodes that do
// not have the new document yet refuse what that key seals, but nobody could seal at all. An end that a key has stays,
// also where it is too early; then the next key is staged early enough for it, where that can be.
//
// A disabled key stays disabled. It is removed when it would be, had it not been disabled: when a newer key seals and all
// that this one sealed has expired, or it has closed, Propagation + Skew + Grace ago.
//
// The keys come from newKey, without an end and with times that Next sets; nil means [sealring.GenerateKey]. Next does not
// change its argument. It fails with ErrConfig if the policy is invalid or the clock is behind: it is outside 1970 to
// 9999, or a key was made later than now by more than Skew. It fails with ErrKeyring if nodes would refuse the document,
// the one given or the new one.
func Next(document *keyfile.Document, policy Policy, now time.Time, newKey func() sealring.Key) (*keyfile.Document, []Change, error) {
	if err := policy.Validate(); err != nil {
		return nil, nil, err
	}
	if !inRange(now) {
		return nil, nil, refused("the clock is outside the years 1970 to 9999")
	}
	n := &planner{policy: policy, now: now.UnixMilli(), newKey: newKey, document: new(keyfile.Document), model: new(model)}
	if n.newKey == nil {
		n.newKey = sealring.GenerateKey
	}
	if document != nil {
		n.document.Generation, n.document.Keys = document.Generation, slices.Clone(document.Keys)
	}
	if err := n.run(); err != nil {
		return nil, nil, err
	}
	return n.document, n.changes, nil
}

// A planner makes one document of another.
type planner struct {
	policy   Policy
	now      int64
	newKey   func() sealring.Key
	document *keyfile.Document
	model    *model // of the document as it was given, with the ends that close has set
	changes  []Change
}

func (n *planner) run() error {
	if generation := n.document.Generation; len(n.document.Keys) > 0 {
		var err error
		if n.model, err = newModel(n.document); err != nil {
			return err
		}
	} else if generation < 0 || generation > maxGeneration {
		return failure.Keyring.With("a generation is from 1 to 9007199254740991")
	}
	for _, k := range n.model.keys {
		if k.created > n.now+n.policy.Skew.Milliseconds() {
			return refused("key %s was made at %s, which is later than now by more than Policy.Skew; set the clock",
				k.id, formatTime(k.created))
		}
	}

	n.close()
	n.remove()
	// Last, because it adds a key of which the model knows nothing.
	n.stage()
	if len(n.changes) == 0 {
		return nil
	}
	if n.document.Generation == maxGeneration {
		return failure.Keyring.With("the document has the last generation there is; begin a new one")
	}
	n.document.Generation++
	return checkDocument(n.document)
}

// close sets the end of keys that no node seals with any more.
func (n *planner) close() {
	skew := n.policy.Skew.Milliseconds()
	for i := range n.model.keys {
		k := &n.model.keys[i]
		end := n.model.superseded(k, n.policy)
		if k.disabled || k.openUntil != farFuture || n.now < end+skew {
			continue
		}
		// Not in the past, so that the key is in the document for a while after it has closed, as every other.
		k.openUntil = max(end+n.policy.overlap().Milliseconds(), n.now)
		until := toTime(k.openUntil)
		n.document.Keys[i].OpenUntil = until
		n.changes = append(n.changes, Change{Closing, k.id, until,
			fmt.Sprintf("key %s no longer seals, and opens until %s", k.id, formatTime(k.openUntil))})
	}
}

// remove leaves out the keys whose time is over. They leave oldest first, disabled ones aside: a newer key tells when an
// older one ceased to seal.
func (n *planner) remove() {
	retained := make([]int64, len(n.model.keys))
	for i := range n.model.keys {
		retained[i] = n.model.retained(&n.model.keys[i], n.policy)
	}
	kept := n.document.Keys[:0]
	for i, e := range n.document.Keys {
		k := &n.model.keys[i]
		last := retained[i]
		for j := range n.model.keys {
			if !k.disabled && n.model.keys[j].sealFrom < k.sealFrom {
				last = max(last, retained[j])
			}
		}
		if n.now < last {
			kept = append(kept, e)
			continue
		}
		n.changes = append(n.changes, Change{Removed, k.id, toTime(k.openUntil),
			fmt.Sprintf("key %s no longer opens, and is removed", k.id)})
	}
	n.document.Keys = kept
}

// retained returns until when a key is to stay in the document; farFuture if the document does not say. The latest of the
// enabled keys always is: while it is closed it keeps an older one from sealing again.
func (m *model) retained(k *key, p Policy) int64 {
	end := m.superseded(k, p)
	if end == farFuture {
		return farFuture
	}
	closed := k.openUntil
	if closed == farFuture {
		if !k.disabled {
			return farFuture
		}
		closed = end + p.overlap().Milliseconds()
	}
	return max(closed, end) + p.retention().Milliseconds()
}

// stage adds a key where the primary one needs a successor by now, or where there is no primary one. A key that is staged
// needs one as well if it closes soon: when it seals it may be too late.
func (n *planner) stage() {
	primary := n.model.primary(n.now)
	if primary == nil {
		n.add(n.atOnce())
	} else {
		n.succeed(primary)
	}
	for i := range n.model.keys {
		if k := &n.model.keys[i]; !k.disabled && k.sealFrom > n.now {
			n.succeed(k)
		}
	}
}

// succeed adds a key if one that seals, now or later, needs a successor by now.
func (n *planner) succeed(k *key) {
	due := n.due(k)
	if n.now < due-n.policy.Lead().Milliseconds() {
		return
	}
	sealFrom := max(due, n.policy.EarliestSealFrom(toTime(n.now)).UnixMilli(), k.sealFrom+1)
	// Nodes that do not have the new key refuse what it seals. Sealing nothing would be worse.
	sealFrom = min(sealFrom, k.openUntil)
	if next := n.model.successor(k); next != nil && next.sealFrom <= max(sealFrom, n.tolerated(k)) {
		return
	}
	n.add(sealFrom)
}

// due returns when a key is to have a successor: when it has sealed for RotateEvery, and sooner if it closes.
func (n *planner) due(k *key) int64 {
	return min(k.start()+n.policy.RotateEvery.Milliseconds(), k.openUntil-n.policy.overlap().Milliseconds())
}

// tolerated returns until when a successor that people staged is good enough.
func (n *planner) tolerated(k *key) int64 {
	return min(n.model.overdue(k, n.policy), k.openUntil-n.policy.overlap().Milliseconds())
}

// overdue returns from when on a key seals for too long: one run of Next late.
func (m *model) overdue(k *key, p Policy) int64 {
	return k.start() + (p.RotateEvery + p.runEvery()).Milliseconds()
}

// atOnce returns the SealFrom of a key that is to seal at once where none does: by the slowest clock, and after every
// key that has sealed, so that it is newer than those.
func (n *planner) atOnce() int64 {
	last := int64(farPast)
	for _, k := range n.model.keys {
		if k.sealFrom <= n.now {
			last = max(last, min(k.sealFrom+1, n.now))
		}
	}
	if len(n.model.keys) == 0 {
		return farPast
	}
	return max(last, n.now-n.policy.Skew.Milliseconds(), 0)
}

// add puts a new key into the document.
func (n *planner) add(sealFrom int64) {
	e := keyfile.Entry{Key: n.newKey(), Created: toTime(n.now)}
	e.ID, e.SealFrom, e.OpenUntil, e.Disabled = e.String(), toTime(sealFrom), time.Time{}, false
	n.document.Keys = append(n.document.Keys, e)
	text := fmt.Sprintf("key %s is new, and seals from %s", e, formatTime(sealFrom))
	if sealFrom <= n.now {
		text = fmt.Sprintf("key %s is new, and seals at once: there is no other that does", e)
	}
	n.changes = append(n.changes, Change{Staged, e.ID, e.SealFrom, text})
}

// formatTime returns a moment as people read it; format.md, Section 15.1 has the same form.
func formatTime(milli int64) string {
	return time.UnixMilli(milli).UTC().Format("2006-01-02T15:04:05.000Z")
}
