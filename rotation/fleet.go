package rotation

import "time"

// A fleet is the nodes of a simulation: their clocks, and when each reads the document. Whatever is random about a node is
// a hash of the seed, so that it can be asked for in any order.
type fleet struct {
	seed        uint64
	nodes, late int
	start       int64
	skew        int64
	publication int64
	reload      int64
	failed      int64
	clocks      []int64 // how far each node's clock is ahead of true time
	stretches   []int64 // in each of which a node restarts once
}

// The nodes whose clocks are the furthest apart.
const (
	slowest = 0
	fastest = 1
)

// lateFactor is how much more often than allowed a late node may fail to reload, in a row.
const lateFactor = 25

func newFleet(s Simulation) *fleet {
	f := &fleet{
		seed:        s.Seed,
		nodes:       s.Nodes,
		late:        s.Late,
		start:       s.Start.UnixMilli(),
		skew:        s.Policy.Skew.Milliseconds(),
		publication: s.Policy.Publication.Milliseconds(),
		reload:      s.Policy.Reload.Milliseconds(),
		failed:      int64(s.Policy.FailedReloads),
		clocks:      make([]int64, s.Nodes+s.Late),
		stretches:   make([]int64, s.Nodes+s.Late),
	}
	for node := range f.clocks {
		f.clocks[node] = f.below(f.skew+1, useClock, node, 0)
		// From a day to a month.
		f.stretches[node] = (24 * time.Hour).Milliseconds() * int64(1+f.hash(useUptime, node, 0)%30)
	}
	f.clocks[slowest], f.clocks[fastest] = 0, f.skew
	return f
}

// The uses of hash.
const (
	useClock = iota
	usePhase
	useUptime
	useRestart
	useFailures
	usePublication
)

// hash returns a number that belongs to a node and a use (splitmix64).
func (f *fleet) hash(use, node int, n int64) uint64 {
	x := f.seed
	for _, part := range [...]uint64{uint64(use), uint64(node), uint64(n)} {
		x += 0x9e3779b97f4a7c15 + part
		x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
		x = (x ^ x>>27) * 0x94d049bb133111eb
		x ^= x >> 31
	}
	return x
}

// below returns a hash from 0 to limit−1. The ends come up more often than chance has them, because faults live there.
func (f *fleet) below(limit int64, use, node int, n int64) int64 {
	h := f.hash(use, node, n)
	switch h & 7 {
	case 0:
		return 0
	case 1:
		return limit - 1
	}
	return int64(h >> 3 % uint64(limit))
}

// restarted returns when a node last started, up to a moment, and when it will start next.
func (f *fleet) restarted(node int, t int64) (last, next int64) {
	stretch := f.stretches[node]
	at := func(n int64) int64 { return f.start + n*stretch + f.below(stretch, useRestart, node, n) }
	n := (t - f.start) / stretch
	switch restart := at(n); {
	case restart > t && n == 0:
		// The first reload after the start is at a phase of the node's own.
		return f.start - f.below(f.reload, usePhase, node, 0), restart
	case restart > t:
		return at(n - 1), restart
	default:
		return restart, at(n + 1)
	}
}

// adoption returns when a node loads a document that it can read from a moment on. A reload leaves the last good keys
// where the document has no primary key by the node's clock; a start has no others.
func (f *fleet) adoption(m *model, node int, visible int64) int64 {
	last, next := f.restarted(node, visible)
	if last == visible {
		return visible
	}
	attempts := f.failed + 1
	if node >= f.nodes {
		attempts *= lateFactor
	}
	n := (visible - last + f.reload - 1) / f.reload
	// Of so many attempts in a row one succeeds, always the same until the node restarts.
	good := f.below(attempts, useFailures, node, last)
	n += ((good-n)%attempts + attempts) % attempts
	at := last + n*f.reload
	if at >= next || m.primary(at+f.clocks[node]) == nil {
		return next
	}
	return at
}

// adopt finds out when every node has a version. The first one is there when the nodes start.
func (f *fleet) adopt(v *version, n int) {
	v.adopted = make([]int64, f.nodes+f.late)
	for node := range v.adopted {
		switch {
		case v.model == nil:
			v.adopted[node] = farFuture
		case n == 0:
			v.adopted[node] = v.written
		default:
			delay := f.below(f.publication+1, usePublication, node, int64(n))
			v.adopted[node] = f.adoption(v.model, node, v.written+delay)
		}
		if node < f.nodes && v.adopted[node] < v.adopted[v.first] {
			v.first = node
		}
		if node < f.nodes && v.adopted[node] > v.adopted[v.last] {
			v.last = node
		}
	}
}
