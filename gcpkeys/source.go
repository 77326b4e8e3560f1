// Package gcpkeys takes the keys of a ring from Google Cloud Secret Manager: every enabled version of one secret is a
// key. [New] makes a [Source] of a client, and [keyfile.NewWatcher] makes a ring of it that follows the secret.
//
// # Keys
//
// The payload of a version is the text of one secret, srk1_ and 43 characters, with nothing behind it. The key has its
// default ID. It seals from when its version was created plus [Options.Propagation], by when every node has it; only the
// oldest key seals from its creation, so that a fresh secret works at once. A version that is disabled, destroyed or
// scheduled for destruction leaves the ring, and its tokens with it. Where that was the last key that seals, the oldest
// of those that remain seals at once, whether or not every node has it yet: sealing with a new key is better than with a
// leaked one.
//
// With [Options.Document] the payload is a ring document, and only the newest enabled version counts.
//
// # Calls
//
// A version cannot change, so each is accessed once in the life of a process, and a Load costs one list. The alias
// "latest" is never used: the service gives no promise when it follows. Nor does the service promise that a list shows
// what has just happened: "typically within minutes, but may take a few hours", says its documentation. That is why the
// default of Propagation is a day, and why a list that lacks a version which was there before is an error.
//
// # Quota
//
// As of the documentation, November 2026, a project has 600 reads a minute, which lists are, and 90,000 accesses,
// whoever makes them. A fleet of 3,000 nodes that lists every 30 seconds would make 6,000 reads a minute, ten times what
// there is. A Source therefore lists when it is due, at a random moment between half of [Options.Interval] and all of it
// after the last time, and answers every Load before that with the document it has, without a call. With the default of
// 15 minutes 3,000 nodes make
//
//   - 3,000 / 11.25 min = 267 lists a minute on average, and
//   - 3,000 / 7.5 min = 400 a minute at the worst, 7.5 to 15 minutes after all of them listed in the same moment; by
//     chance it may be 450 in one minute.
//
// So a quarter remains for everything else in the project. For N nodes an Interval of N/200 minutes is the same share: a fleet
// of 100 can have 30 seconds. A start is a list, too: start at most 200 nodes of such a fleet a minute. The accesses are
// one for each node and key: 3,000 nodes with 20 keys that all start within a minute make 60,000. A page is a read, and a
// list is one page unless the service makes smaller ones.
//
// To all this it does not matter how often a [keyfile.Watcher] loads, even where strangers make it ask for keys that
// there are not, as long as lists succeed. After one that failed each Load lists again, up to Options.Attempts times: give
// the Watcher of a large fleet a MinInterval of minutes, so that strangers do not keep an outage going. Its Status counts
// Loads, so the keys may be older than the age that it says, by up to Interval.
//
// # Errors
//
// Every error of Load matches [sealring.ErrKeyring] under errors.Is, those of calls also have the status of the call
// (google.golang.org/grpc/status.Code). None holds anything of a payload. After an error the next Load asks again.
package gcpkeys

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"regexp"
	"slices"
	"sync/atomic"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"

	"github.com/sealring/sealring/internal/failure"
)

// What zero means in Options; the package's documentation has the reasons of the first two.
const (
	defaultPropagation = 24 * time.Hour
	defaultInterval    = 15 * time.Minute
	defaultTimeout     = 30 * time.Second
	defaultAttempts    = 4
	defaultBackoff     = time.Second
)

// maxAttempts is how often a call may be made at most: whoever wants more has a watcher that calls Load again.
const maxAttempts = 10

// Options are what a Source can be told. The zero Options, and nil, are good for a fleet of up to 3,000 nodes.
type Options struct {
	// Propagation is how long after its creation a version begins to seal. By then every node must have it: it is the
	// Interval, with as many failed loads as are to do no harm, and the time that the service takes until a list shows a
	// new version. It is at least Interval. Zero means 24 hours. Times count in whole milliseconds.
	Propagation time.Duration
	// Document is whether the payload is a ring document, of which the newest enabled version is the one in force. Its
	// keys have the times that it says, and Propagation means nothing.
	Document bool
	// Interval is the longest time from one list to the next, where Load is called often enough; a random half of it is
	// the shortest. Zero means 15 minutes; the package's documentation says what a fleet needs.
	Interval time.Duration
	// Timeout is how long a Load may take, with all its calls, if its context gives it that long: that of a Watcher has a
	// Timeout of its own. Zero means 30 seconds. A Load that runs out of time keeps what it has accessed, and the next one
	// goes on from there.
	Timeout time.Duration
	// Attempts is how often a call is made at most that fails with Unavailable or ResourceExhausted; no other failure is
	// tried again. Zero means 4; 10 is the most.
	Attempts int
	// Backoff is the most to wait for the second attempt. It doubles for every further one, and the wait is random from
	// nothing to that. Zero means one second.
	Backoff time.Duration
	// Now is the clock that says when a list is due. Nil means time.Now.
	Now func() time.Time
}

// withDefaults returns the options with every zero replaced, or why there can be no such Source.
func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	for _, d := range []struct {
		name  string
		value *time.Duration
		zero  time.Duration
	}{
		{"Propagation", &c.Propagation, defaultPropagation},
		{"Interval", &c.Interval, defaultInterval},
		{"Timeout", &c.Timeout, defaultTimeout},
		{"Backoff", &c.Backoff, defaultBackoff},
	} {
		if *d.value < 0 {
			return c, failure.Config.With("Options." + d.name + " is negative; zero means " + d.zero.String())
		}
		if *d.value == 0 {
			*d.value = d.zero
		}
	}
	if c.Attempts < 0 || c.Attempts > maxAttempts {
		return c, failure.Config.With(fmt.Sprintf("Options.Attempts is from 1 to %d, zero means %d", maxAttempts, defaultAttempts))
	}
	if c.Attempts == 0 {
		c.Attempts = defaultAttempts
	}
	if !c.Document && c.Propagation < c.Interval {
		return c, failure.Config.With(fmt.Sprintf("Options.Propagation of %v is shorter than the Interval of %v, so a key would "+
			"seal before every node knows it; let it be several times as long", c.Propagation, c.Interval))
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c, nil
}

// secretName is the name of a secret: of the whole project, or of one region, which needs a client for that region. The
// characters are those that the service documents.
var secretName = regexp.MustCompile(`^projects/[a-z0-9.:-]+(?:/locations/[a-z0-9-]+)?/secrets/([A-Za-z0-9_-]{1,255})$`)

// A Source has the keys of one secret. It is safe for concurrent use; of Loads at the same time one makes the calls and
// the others wait for it. A Source prints as the name of its secret.
type Source struct {
	client *secretmanager.Client
	name   string // projects/P/secrets/S
	id     string // S
	config Options

	expired atomic.Bool // Expire was called, and no list has begun since

	turn chan struct{} // holds one element while a Load has the fields below
	// document is the text of the last Load that succeeded, nil before. A function, since packages that dump values by
	// reflection cannot follow one.
	document    func() []byte
	listed, due time.Time                // when document was made, and when to make the next
	ring        []version                // those whose keys are in document
	seen        map[versionKey]bool      // all that the last list had, in whatever state
	contents    map[versionKey]*contents // of every version that was ever accessed
}

// New returns the source of the keys in a secret that is named projects/PROJECT/secrets/SECRET; for a regional secret
// it is projects/PROJECT/locations/REGION/secrets/SECRET, and the client is one for the region. The client is one of
// [secretmanager.NewClient] and stays the caller's to close, when no Load can come any more. New calls nothing. It fails,
// with [sealring.ErrConfig], for a name or Options that make no sense.
func New(client *secretmanager.Client, secret string, o *Options) (*Source, error) {
	if client == nil {
		return nil, failure.Config.With("no client; make one with secretmanager.NewClient")
	}
	m := secretName.FindStringSubmatch(secret)
	if m == nil {
		// The name stays out of the message: a key may have come to stand there.
		return nil, failure.Config.With("the name of a secret is projects/PROJECT/secrets/SECRET, without /versions/ behind it")
	}
	config, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	return &Source{
		client:   client,
		name:     secret,
		id:       m[1],
		config:   config,
		turn:     make(chan struct{}, 1),
		contents: map[versionKey]*contents{},
	}, nil
}

// Load returns the text of the ring document that the secret amounts to: as it is now if a list is due, otherwise as it
// was at the last list. The slice is the caller's. On an error, which says what to do about it, there is none, and the
// ring should stay as it is: the next Load asks again.
func (s *Source) Load(ctx context.Context) (document []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
	}
	if ctx.Err() != nil {
		return nil, s.failed(ctx, ctx.Err(), "waiting for its turn", grant{})
	}

	now := s.config.Now().Round(0) // the wall clock alone, since the other one stands still while a machine sleeps
	expired := s.expired.Swap(false)
	if s.document != nil && !expired && !now.Before(s.listed) && now.Before(s.due) {
		return slices.Clone(s.document()), nil
	}
	s.due = time.Time{} // so that after a failure the next Load lists

	versions, listed, err := s.list(ctx)
	if err != nil {
		return nil, err
	}
	if s.config.Document {
		document, versions, err = s.newestDocument(ctx, versions)
	} else {
		document, versions, err = s.keysDocument(ctx, versions)
	}
	if err != nil {
		return nil, err
	}
	kept := slices.Clone(document)
	s.document, s.ring, s.seen = func() []byte { return kept }, versions, listed
	// From the lower half on, so that nodes which started together do not stay together.
	half := s.config.Interval / 2
	s.listed, s.due = now, now.Add(half+rand.N(s.config.Interval-half+1))
	return document, nil
}

// Generated reports whether the documents have a generation of their own, which must not go back: true with
// [Options.Document]. Otherwise it is false, and the generation is always 1.
func (s *Source) Generated() bool { return s.config.Document }

// Expire makes the next Load list, due or not: for a message of Pub/Sub that the secret has changed, with
// [keyfile.Watcher.Refresh] after it. It calls nothing itself. Each is one read; a large fleet that lists at once exceeds its quota, so spread them.
func (s *Source) Expire() { s.expired.Store(true) }

// String returns the name of the secret.
func (s *Source) String() string {
	if s == nil {
		return "gcpkeys()"
	}
	return "gcpkeys(" + s.name + ")"
}

// Format writes the name of the secret, whatever the verb.
func (s *Source) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue makes slog write the name of the secret.
func (s *Source) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText makes encoding/json and others write the name of the secret.
func (s *Source) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
