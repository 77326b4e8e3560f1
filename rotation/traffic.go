package rotation

import (
	"slices"
	"sort"
)

// A token is what is left of one in a simulation.
type token struct {
	key    *key
	sealer int
	sealed int64 // in true time
	// expires is what the token says, and wanted what it would say if its key did not close, by the clock of the sealer.
	expires, wanted int64
}

// traffic seals and opens around every version that was written.
func (r *run) traffic() {
	for n := range r.versions {
		v := &r.versions[n]
		readings := r.readings(n)
		for _, sealer := range r.players(n) {
			clock := r.fleet.clocks[sealer]
			moments := []int64{v.written, v.adopted[sealer] - 1, v.adopted[sealer], v.adopted[sealer] + 1}
			moments = append(moments, r.between(n)...)
			for _, reading := range readings {
				moments = append(moments, reading-clock-1, reading-clock, reading-clock+1)
			}
			for _, t := range moments {
				if r.start <= t && t < r.end {
					r.seal(n, sealer, t)
				}
			}
		}
	}
}

// players are the nodes that seal and open around a version: those with the fastest and slowest clocks, those that have
// the version first and last, any, and a late one.
func (r *run) players(n int) []int {
	v := &r.versions[n]
	players := []int{slowest, fastest, v.first, v.last, r.random.IntN(r.fleet.nodes)}
	if r.fleet.late > 0 {
		players = append(players, r.fleet.nodes+r.random.IntN(r.fleet.late))
	}
	slices.Sort(players)
	return slices.Compact(players)
}

// between returns moments from a version to the one after it: the last one, and any.
func (r *run) between(n int) []int64 {
	from, to := r.versions[n].written, r.end
	if n+1 < len(r.versions) {
		to = r.versions[n+1].written
	}
	return []int64{to - 1, from + r.random.Int64N(max(to-from, 1))}
}

// readings are what clocks show when something happens to a key that a version brought or changed.
func (r *run) readings(n int) []int64 {
	v := &r.versions[n]
	if v.model == nil {
		return nil
	}
	var readings []int64
	for _, k := range v.model.keys {
		if n > 0 && r.versions[n-1].model != nil {
			if old := r.versions[n-1].model.find(k.id); old != nil {
				if k.place = old.place; *old == k {
					continue
				}
			}
		}
		readings = append(readings, k.sealFrom, k.openUntil, k.openUntil-r.policy.Lifetime.Milliseconds())
	}
	return readings
}

// at returns the version that a node has at a moment, nil if none.
func (r *run) at(node int, t int64) *model {
	n := sort.Search(len(r.versions), func(i int) bool { return r.versions[i].written > t })
	for n--; n >= 0; n-- {
		if r.versions[n].adopted[node] <= t {
			return r.versions[n].model
		}
	}
	return nil
}

// seal seals one token and opens it all over the fleet.
func (r *run) seal(n, sealer int, t int64) {
	reading := t + r.fleet.clocks[sealer]
	var primary *key
	if m := r.at(sealer, t); m != nil {
		primary = m.primary(reading)
	}
	r.report.Sealed++
	late := sealer >= r.fleet.nodes
	if primary == nil {
		r.report.fail(late, Loss{At: toTime(t), Sealer: sealer, Opener: -1, Text: "no key seals"})
		return
	}
	if reading >= primary.start()+(r.policy.RotateEvery+r.policy.runEvery()).Milliseconds() && !late {
		r.report.Overdue++
	}
	lifetime := r.policy.Lifetime.Milliseconds()
	if r.random.IntN(4) == 0 {
		lifetime = 1 + r.random.Int64N(lifetime)
	}
	tok := token{primary, sealer, t, min(reading+lifetime, primary.openUntil), reading + lifetime}
	for _, opener := range r.players(n) {
		r.open(&tok, n, opener)
	}
}

// open opens a token at one node: at once, around the documents that the node gets meanwhile, around the end of its key,
// and at the last moment at which it has not expired.
func (r *run) open(tok *token, n, opener int) {
	clock := r.fleet.clocks[opener]
	last := min(tok.wanted-clock-1, r.end)
	r.openAt(tok, opener, clock, tok.sealed)
	r.openAt(tok, opener, clock, tok.sealed+1)
	r.openAt(tok, opener, clock, last)
	r.openAt(tok, opener, clock, tok.expires-clock)
	if last > tok.sealed {
		r.openAt(tok, opener, clock, tok.sealed+r.random.Int64N(last-tok.sealed))
	}
	// The documents that a token lives through may be many: the next few, and one of all.
	i := n
	for range 3 {
		i = r.openAround(tok, opener, clock, i) + 1
	}
	r.openAround(tok, opener, clock, n+r.random.IntN(len(r.versions)-n))
}

// openAround opens a token before and after a node has a version.
func (r *run) openAround(tok *token, opener int, clock int64, n int) int {
	if n < len(r.versions) {
		adopted := r.versions[n].adopted[opener]
		r.openAt(tok, opener, clock, adopted-1)
		r.openAt(tok, opener, clock, adopted)
	}
	return n
}

// openAt opens a token if it is there and should be good.
func (r *run) openAt(tok *token, opener int, clock, t int64) {
	reading := t + clock
	if t < tok.sealed || reading >= tok.wanted || t > r.end {
		return
	}
	r.report.Opened++
	var k *key
	if m := r.at(opener, t); m != nil {
		k = m.same(tok.key)
	}
	why := ""
	switch {
	case k == nil:
		why = "the node does not know the key"
	case !k.opens(reading):
		why = "the key is closed or disabled"
	case reading >= tok.expires:
		why = "the token ended with its key"
	default:
		return
	}
	late := opener >= r.fleet.nodes || tok.sealer >= r.fleet.nodes
	r.report.refuse(late, Loss{At: toTime(t), Sealer: tok.sealer, Opener: opener, KeyID: tok.key.id, Text: why})
}
