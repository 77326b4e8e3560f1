package keyfile

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
)

const (
	defaultInterval    = 30 * time.Second
	defaultMinInterval = 5 * time.Second
	defaultTimeout     = 10 * time.Second
	// grace is how long a source may take to return once its context has ended.
	grace = time.Second
)

// WatcherOptions are what a Watcher may be told. Every zero value is the default; nil means all of them.
type WatcherOptions struct {
	// Interval is the time between two loads, give or take a tenth, so that a fleet does not load all at once; 0 means 30
	// seconds. A key must be published for longer than this, and a few failed loads, before it seals.
	Interval time.Duration
	// MinInterval is the least time between the beginnings of two loads, however many are asked for; 0 means 5 seconds, or
	// Interval if that is less. It is what strangers, who can send unknown key IDs at any rate, can make a program load:
	// where loads cost money or a quota, set it higher.
	MinInterval time.Duration
	// Timeout is how long a load may take; 0 means 10 seconds.
	Timeout time.Duration

	// OnError hears the error of each load that failed, also of the first with which NewWatcher fails. OnChange hears the
	// Status after each that brought other keys or another generation, also the first. Nil means nobody. They are called
	// one at a time, and the next load waits for them: they must neither wait for Refresh nor call Close.
	OnError  func(error)
	OnChange func(Status)

	// Now is the clock of the codecs, which tells whether a document has a primary key; nil means time.Now.
	Now func() time.Time
}

// A Watcher keeps a Keyring up to date with a Source. It loads the document again and again, and gives the ring its keys
// if all the rules of format.md, Section 15.4, hold: whatever fails, the ring keeps the keys that it has, and the Watcher
// tells OnError and Status. It is safe for concurrent use.
type Watcher struct {
	source  Source
	options WatcherOptions
	ring    sealring.Keyring

	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	done   chan struct{} // closed when the goroutine has ended
	wake   chan struct{} // holds a value where a load is wanted before its time

	// Of the goroutine alone, and of NewWatcher before.
	calling <-chan loaded // of a call of the source that was given up and has not returned
	content [sha256.Size]byte
	began   time.Time // when the last load did

	mu      sync.Mutex // never held during a load or a callback
	status  Status
	waiting *round // the load that has not begun for which Refresh waits
}

// A round is a load that others wait for.
type round struct {
	done chan struct{} // closed when err is set
	err  error
}

// A Status is what a Watcher knows of its ring.
type Status struct {
	// Generation is that of the document in use, whether or not it counts for the source.
	Generation int64
	// Keys is how many keys the ring has, and Primary the ID of the one that seals now, "" if none does.
	Keys    int
	Primary string
	// Loaded is when the last load that succeeded ended, whether or not it brought a change, and Age how long ago that is
	// by a clock that nobody sets. A ring that is older than a few intervals may lack the key that others seal with.
	Loaded time.Time
	Age    time.Duration
	// Failures is how many loads have failed since: 0 is well.
	Failures int
	// Err is the error of the load that failed last, and Failed when it did. They stay after a success, so that what has
	// passed can be looked into.
	Err    error
	Failed time.Time
}

// NewWatcher loads the document for the first time, within the Timeout and ctx, which is for this load alone. It fails if
// the load does: a program never runs without keys. Otherwise the Watcher is at work until Close.
func NewWatcher(ctx context.Context, source Source, o *WatcherOptions) (*Watcher, error) {
	w := &Watcher{source: source, done: make(chan struct{}), wake: make(chan struct{}, 1)}
	if o != nil {
		w.options = *o
	}
	if err := w.options.complete(); err != nil {
		return nil, err
	}
	if source == nil {
		return nil, failure.Config.With("a Watcher needs a source")
	}
	if err := w.load(ctx); err != nil {
		return nil, err
	}
	w.ctx, w.cancel = context.WithCancel(context.Background())
	go w.run()
	return w, nil
}

// complete sets the defaults.
func (o *WatcherOptions) complete() error {
	if o.Interval < 0 || o.MinInterval < 0 || o.Timeout < 0 {
		return failure.Config.With("Interval, MinInterval and Timeout of a Watcher are positive, or 0 for the default")
	}
	if o.Interval == 0 {
		o.Interval = defaultInterval
	}
	if o.MinInterval == 0 {
		o.MinInterval = min(defaultMinInterval, o.Interval)
	}
	if o.Timeout == 0 {
		o.Timeout = defaultTimeout
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return nil
}

// Keyring returns the ring, always the same one: every codec made of it follows. To Replace its keys is the Watcher's
// business.
func (w *Watcher) Keyring() *sealring.Keyring { return &w.ring }

// Status returns how the ring is doing.
func (w *Watcher) Status() Status {
	w.mu.Lock()
	s := w.status
	w.mu.Unlock()
	s.Age = time.Since(s.Loaded)
	s.Keys = len(w.ring.Keys())
	s.Primary, _ = w.ring.Primary(w.options.Now())
	return s
}

// Refresh loads the document now, or as soon as MinInterval allows, and returns how that ended: for a program that has
// been told of a change. However many ask, one load serves all that asked before it began. Refresh returns early when
// ctx or the Watcher ends.
func (w *Watcher) Refresh(ctx context.Context) error {
	w.mu.Lock()
	if w.waiting == nil {
		w.waiting = &round{done: make(chan struct{})}
	}
	r := w.waiting
	w.poke()
	w.mu.Unlock()

	select {
	case <-r.done:
		return r.err
	case <-ctx.Done():
		return sourceError(ctx.Err())
	case <-w.done:
		return failure.Keyring.With("the Watcher has been closed; the ring keeps its keys")
	}
}

// poke asks for a load before its time, without waiting for it.
func (w *Watcher) poke() {
	select {
	case w.wake <- struct{}{}:
	default: // one is asked for already
	}
}

// Observer returns an observer for the codecs of the ring: when an envelope has a key ID that the ring does not know, it
// asks for a load, as a node has it that did not hear of a new key in time. It asks in vain for IDs that strangers have
// made up, and at most once per MinInterval; the opening is not waited for. It passes on everything to next, unless that
// is nil.
func (w *Watcher) Observer(next sealring.Observer) sealring.Observer { return &observer{w, next} }

type observer struct {
	watcher *Watcher
	next    sealring.Observer
}

// Opened asks for a load where the key is unknown. An ID that the ring knows is of a key that is closed or disabled, of
// which the document seldom has news.
func (o *observer) Opened(e sealring.Opening) {
	if e.Class == sealring.ErrUnknownKey && e.KeyID == "" {
		o.watcher.poke()
	}
	if o.next != nil {
		o.next.Opened(e)
	}
}

// Close ends the watching and returns when it has ended. The ring keeps its keys. A load that is under way is broken off,
// and a source that does not return for a second after that is left behind. Close can be called more than once.
func (w *Watcher) Close() error {
	w.cancel()
	<-w.done
	return nil
}

// run loads until Close.
func (w *Watcher) run() {
	defer close(w.done)
	for {
		due := time.NewTimer(jitter(w.options.Interval))
		select {
		case <-due.C:
		case <-w.wake:
		case <-w.ctx.Done():
		}
		due.Stop()
		if !w.pause(w.options.MinInterval - time.Since(w.began)) {
			return
		}

		// Whoever asked up to here is served by this load, and whoever asks from here on by the next.
		w.mu.Lock()
		select {
		case <-w.wake:
		default:
		}
		r := w.waiting
		w.waiting = nil
		w.mu.Unlock()
		err := w.load(w.ctx)
		if r != nil {
			r.err = err
			close(r.done)
		}
	}
}

// jitter returns a time that is up to a tenth off, and at most the longest there is: beyond that it would be negative.
func jitter(d time.Duration) time.Duration {
	least := d - d/10
	return least + min(rand.N(d/5+1), math.MaxInt64-least)
}

// pause waits. It reports false if the Watcher has been closed.
func (w *Watcher) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.ctx.Done():
	}
	return w.ctx.Err() == nil
}

// load loads the document once, and reports.
func (w *Watcher) load(ctx context.Context) error {
	w.began = time.Now()
	changed, err := w.take(ctx)
	if err != nil && w.ctx != nil && w.ctx.Err() != nil {
		return err // broken off by Close, which is no failure
	}

	w.mu.Lock()
	if err != nil {
		w.status.Err, w.status.Failed = err, time.Now()
		w.status.Failures++
	} else {
		w.status.Loaded = time.Now()
		w.status.Failures = 0
	}
	w.mu.Unlock()
	if err != nil && w.options.OnError != nil {
		w.options.OnError(err)
	}
	if changed && w.options.OnChange != nil {
		w.options.OnChange(w.Status())
	}
	return err
}

// take gives the ring the keys of the document as it is now, if they may replace the ones in use: format.md, Section 15.4.
func (w *Watcher) take(ctx context.Context) (changed bool, err error) {
	l := w.fetch(ctx)
	if l.err != nil {
		return false, l.err
	}
	d, err := Parse(l.document)
	if err != nil {
		return false, failure.Keyring.With(nameOf(w.source) + detail(err))
	}
	content, err := contentHash(d)
	if err != nil {
		return false, err // unreachable: it has been parsed
	}

	w.mu.Lock()
	using := w.status.Generation // 0 before the first
	w.mu.Unlock()
	if l.generated && d.Generation < using {
		return false, failure.Keyring.With(fmt.Sprintf("the document has generation %d, and %d is in use: an older one has "+
			"come back; publish the keys that are to hold with a higher generation", d.Generation, using))
	}
	if l.generated && d.Generation == using && content != w.content {
		return false, failure.Keyring.With(fmt.Sprintf("the document has other content than generation %d that is in use; "+
			"raise the generation at every change", d.Generation))
	}
	if err := w.checkPrimary(d); err != nil {
		return false, err
	}
	// Keys that stay need not derive their subkeys again.
	if content != w.content {
		if err := w.ring.Replace(d.SealringKeys()...); err != nil {
			return false, failure.Keyring.With(documentTerms.Replace(detail(err)))
		}
	}
	changed = content != w.content || d.Generation != using
	w.content = content
	w.mu.Lock()
	w.status.Generation = d.Generation
	w.mu.Unlock()
	return changed, nil
}

// checkPrimary refuses a document of which no key seals now.
func (w *Watcher) checkPrimary(d *Document) error {
	ring, err := sealring.NewKeyring(d.SealringKeys()...)
	if err != nil {
		return err // unreachable: it has been parsed
	}
	now := w.options.Now()
	if _, ok := ring.Primary(now); ok {
		return nil
	}
	return failure.Keyring.With(fmt.Sprintf("no key of generation %d seals at %s; let seal_from of an enabled key be before "+
		"that and its open_until after, and see that the clock is right", d.Generation, now.UTC().Format(time.RFC3339)))
}

// fetch calls the source in a goroutine of its own: one that hangs must not keep Close from returning, nor the next load
// from saying so.
func (w *Watcher) fetch(ctx context.Context) loaded {
	if w.calling != nil {
		select {
		case <-w.calling:
			w.calling = nil
		default:
			return loaded{err: failure.Keyring.With(fmt.Sprintf("the source has not returned from a load that was given up; "+
				"see to it that Load of %T ends with its context", w.source))}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, w.options.Timeout)
	defer cancel()
	result := make(chan loaded, 1)
	go callSource(ctx, w.source, result)

	select {
	case l := <-result:
		return l
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case l := <-result:
		return l
	case <-timer.C:
		w.calling = result
		return loaded{err: sourceError(fmt.Errorf("the source did not return in time: %w", ctx.Err()))}
	}
}

// String returns the IDs of the ring's keys.
func (w *Watcher) String() string { return fmt.Sprintf("watcher(%s)", &w.ring) }

// Format writes String, whatever the verb.
func (w *Watcher) Format(f fmt.State, _ rune) { io.WriteString(f, w.String()) }

// LogValue makes slog write String.
func (w *Watcher) LogValue() slog.Value { return slog.StringValue(w.String()) }

// MarshalText makes encoding/json and others write String.
func (w *Watcher) MarshalText() ([]byte, error) { return []byte(w.String()), nil }
