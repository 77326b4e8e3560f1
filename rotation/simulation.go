package rotation

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

const (
	defaultNodes = 1000
	maxNodes     = 100_000
	// defaultDuration is three years, in which a key of the slowest policies is replaced several times.
	defaultDuration = 3 * 365 * 24 * time.Hour
	// maxVersions is how many documents a simulation may write: every node remembers when it had each.
	maxVersions = 50_000
)

// A Simulation is a fleet that lives under a policy in virtual time. Every node has its own clock, reads the document at
// its own times, fails to as often as the policy allows, restarts, seals tokens, and opens those of others. Clocks are as
// far apart as the policy allows, documents take as long as they may, and tokens are sealed and opened where that hurts:
// around every change of a document, by the fastest and the slowest clock, at the nodes that have it first and last, and
// just before they expire.
//
// Time goes from event to event: nothing is computed between. Equal simulations have equal reports.
type Simulation struct {
	// Policy is what the fleet keeps to.
	Policy Policy
	// Nodes is how many nodes keep to it; 0 means 1,000.
	Nodes int
	// Late is how many more nodes fail to reload for longer than the policy allows. What they cause is counted apart.
	Late int
	// Start is when it begins; zero means the beginning of 2026. Duration is how long it takes; 0 means three years.
	Start    time.Time
	Duration time.Duration
	// Seed tells one run from another.
	Seed uint64
	// Document is what every node has at the beginning, and Next is run on. Nil means what Next makes of nothing.
	Document *keyfile.Document
	// Publications are documents that are written instead of those that Next makes, by time.
	Publications []Publication
}

// A Publication is a document and when it is written, by the clock of the machine that does so.
type Publication struct {
	At       time.Time
	Document *keyfile.Document
}

// Run lets the fleet live. It fails with ErrConfig if the policy is invalid or the simulation too large, and as Next does
// where Next fails.
func (s Simulation) Run() (*Report, error) {
	r, err := newRun(s)
	if err != nil {
		return nil, err
	}
	if len(s.Publications) > 0 {
		err = r.publish(s.Document, s.Publications)
	} else {
		err = r.rotate(s.Document)
	}
	if err != nil {
		return nil, err
	}
	r.traffic()
	return r.finish(), nil
}

// A run is a simulation on its way. Times are Unix milliseconds of true time, which no clock of the fleet shows: each is
// ahead of it by 0 to Skew.
type run struct {
	policy     Policy
	start, end int64
	author     int64 // how far the clock is ahead by which documents are written
	random     *rand.Rand
	fleet      *fleet
	versions   []version
	history    map[string]*Row
	report     *Report
}

// A version is a document that was written.
type version struct {
	model   *model // nil if nodes refuse it
	written int64
	// adopted is when each node has it; farFuture for never. first and last are the nodes within the policy that have it
	// first and last.
	adopted     []int64
	first, last int
}

func newRun(s Simulation) (*run, error) {
	if err := s.Policy.Validate(); err != nil {
		return nil, err
	}
	if s.Nodes == 0 {
		s.Nodes = defaultNodes
	}
	if s.Duration == 0 {
		s.Duration = defaultDuration
	}
	if s.Start.IsZero() {
		s.Start = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	}
	switch {
	case s.Nodes < 2 || s.Late < 0 || s.Nodes+s.Late > maxNodes:
		return nil, refused("Simulation.Nodes is not from 2 to %d, with Simulation.Late", maxNodes)
	case s.Duration < 0 || s.Duration > 10*maxPart || !inRange(s.Start) || !inRange(s.Start.Add(s.Duration)):
		return nil, refused("Simulation.Duration is not from 0 to a hundred years, or it leads out of 1970 to 9999")
	}
	r := &run{
		policy:  s.Policy,
		start:   s.Start.UnixMilli(),
		end:     s.Start.Add(s.Duration).UnixMilli(),
		random:  rand.New(rand.NewPCG(s.Seed, 1)),
		fleet:   newFleet(s),
		history: map[string]*Row{},
		report:  &Report{Policies: 1, Nodes: s.Nodes, Years: s.Duration.Hours() / 24 / 365, Findings: map[Code]int{}},
	}
	r.report.Start, r.report.End = toTime(r.start), toTime(r.end)
	// As any node's, and for a third of the seeds each as far behind and as far ahead of the nodes as it may be.
	r.author = [...]int64{0, r.fleet.skew, r.random.Int64N(r.fleet.skew + 1)}[r.random.IntN(3)]
	return r, nil
}

// rotate runs Next from time to time, as a fleet does that keeps to its policy.
func (r *run) rotate(document *keyfile.Document) error {
	newKey := newKeys(r.random.Uint64())
	every := r.policy.runEvery().Milliseconds()
	if document != nil {
		r.write(document, r.start)
	}
	for t := r.start; t < r.end; t += every/2 + r.random.Int64N(every/2+1) + every%2 {
		now := toTime(t + r.author)
		if document != nil {
			r.check(document, now)
		}
		next, changes, err := Next(document, r.policy, now, newKey)
		if err != nil {
			return err
		}
		if len(changes) == 0 {
			continue
		}
		if len(r.versions) == maxVersions {
			return refused("Simulation.Duration has more than %d documents under this Policy", maxVersions)
		}
		document = next
		r.check(document, now)
		r.write(document, t)
	}
	return nil
}

// publish writes documents that somebody else made, and checks each from time to time.
func (r *run) publish(document *keyfile.Document, publications []Publication) error {
	if len(publications) > maxVersions {
		return refused("Simulation.Publications has more than %d documents", maxVersions)
	}
	if document != nil {
		publications = append([]Publication{{toTime(r.start + r.author), document}}, publications...)
	}
	for i, p := range publications {
		from, to := p.At.UnixMilli()-r.author, r.end
		if i+1 < len(publications) {
			to = publications[i+1].At.UnixMilli() - r.author
		}
		if from < r.start-r.author || to < from {
			return refused("Simulation.Publications are not in the order of their times, from Simulation.Start on")
		}
		for t := from; t < to; t += r.policy.runEvery().Milliseconds() {
			r.check(p.Document, toTime(t+r.author))
		}
		if from = max(from, r.start); i == 0 {
			r.start = from // the fleet starts when there is something to start with
		}
		r.write(p.Document, from)
	}
	return nil
}

// check counts the findings about a document.
func (r *run) check(document *keyfile.Document, now time.Time) {
	for _, f := range Check(document, r.policy, now) {
		r.report.Findings[f.Code]++
	}
}

// write gives a document to the fleet.
func (r *run) write(document *keyfile.Document, at int64) {
	v := version{written: at}
	if m, err := newModel(document); err == nil {
		v.model = m
		r.remember(document, at)
	}
	r.fleet.adopt(&v, len(r.versions))
	r.versions = append(r.versions, v)
}

// remember keeps the last windows of every key there was.
func (r *run) remember(document *keyfile.Document, at int64) {
	for _, row := range Timeline(document, toTime(at)).Rows {
		r.history[row.KeyID] = &row
	}
}

func (r *run) finish() *Report {
	r.report.Documents = len(r.versions)
	for _, row := range r.history {
		r.report.Keys = append(r.report.Keys, *row)
	}
	slices.SortFunc(r.report.Keys, compareRows)
	return r.report
}

// newKeys returns a source of keys that are the same in every run. They are good for nothing else.
func newKeys(seed uint64) func() sealring.Key {
	n := 0
	return func() sealring.Key {
		n++
		b := sha256.Sum256(fmt.Appendf(nil, "sealring simulation %d %d", seed, n))
		secret, err := sealring.NewSecret(b[:])
		if err != nil {
			panic(err) // unreachable: it would take a hash of 32 equal bytes
		}
		return sealring.Key{ID: fmt.Sprintf("key-%d", n), Secret: secret}
	}
}
