// Package redisstore keeps sealed sessions in Redis: a [Store] is a store of
// github.com/sealring/sealring/sessions. [New] makes one of the client that a program has.
//
// # Keys
//
// With the default prefix, and HASH for the 43 characters of base64url, without padding, of what the store is given for a
// session's ID or a subject, which is a hash. Each key expires with what it holds:
//
//	sealring:session:HASH            string: the record, eight bytes of version before the sealed session
//	sealring:subject:{HASH}:listed   sorted set: each session scored with its expiry, and the same after a "-" with minus its beginning
//	sealring:subject:{HASH}:revoked  string: up to which millisecond all sessions of the subject are revoked
//
// The braces put what there is of a subject into one slot of a cluster. A session of a listing that has expired is
// cleaned away when others are entered, 100 at a time.
//
// # Redis
//
// It is Redis 7.0, Valkey, or a later one of either: alone, behind Sentinel, or a cluster. Every method is one round trip,
// [Store.Load] and [Store.Leave] one for every 1,000 sessions. What takes more than one command is a script; a server that
// does not have it yet costs a second round trip, once. Nothing is cached, no keys are searched for, and the clock that
// counts for expiry is the server's.
//
// # What ends a session
//
// A session that was deleted or revoked must not come back, and Redis forgets what it has acknowledged when it crashes or
// fails over. Use "appendfsync always" for the first and [Options.Replicas] for the second; the README has a table. Reads
// go to masters: New refuses a client that may read from replicas or caches, as far as a client shows that. It cannot see
// FailoverOptions.ReplicaOnly, nor a replica at the address of a plain client: never use these. A master of a cluster that
// is cut off from the others serves what it has until it notices, which takes its cluster-node-timeout.
//
// # Errors
//
// Every error wraps what go-redis said and, where the context is over, why; so redis.IsLoadingError, net.Error or
// context.Canceled are found under errors.Is and errors.As. Absence is no error, and no error means absence. A client
// that has ContextTimeoutEnabled heeds the deadlines of contexts while it waits for answers; otherwise its ReadTimeout
// alone ends that wait.
//
// While a slot of a cluster moves to another node, Enter and Revoke fail for subjects of which one key is there and the
// other is not: TRYAGAIN, until the slot has moved. All else follows the keys.
//
// go-redis tries again what had no answer, also where that has had its effect. Save may then say that it saved nothing,
// where Load has the very record, and Delete that there was nothing to delete. A sessions.Manager minds that, but for the
// deletion of the old session by SignIn and Renew: repeated, it looks like a logout, and they fail with ErrNoSession.
package redisstore

import (
	"fmt"
	"regexp"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/internal/failure"
)

// What zero means in Options.
const (
	defaultPrefix         = "sealring:"
	defaultMaxRecord      = 1 << 20 // 16 times what a sealer seals unless it is told to seal more
	defaultReplicaTimeout = time.Second
)

// maxMaxRecord is half of what Redis takes as one value unless it is told to take more.
const maxMaxRecord = 1 << 28

// Options are what a Store can be told. The zero Options, and nil, suit a Redis without replicas.
type Options struct {
	// Prefix begins every key: up to 64 ASCII letters, digits and : . _ - /. Empty means "sealring:".
	Prefix string
	// MaxRecord is the size of the largest record, in bytes. Save refuses a larger one. Where another hand has put one,
	// Load returns its first MaxRecord+1 bytes, which open nothing, and to Delete these are the record. Zero means 1 MiB;
	// 256 MiB is the most.
	MaxRecord int
	// Replicas is how many replicas must have acknowledged what ends a session before Delete, Revoke, and Save with an
	// expiry that is past, say that it has ended. If they have not, that is an error; the session has ended on the
	// master and is likely to have on the rest. So that no failover brings a session back it is the number of replicas
	// that each master has. Zero means none.
	Replicas int
	// ReplicaTimeout is how long to wait for the Replicas, in whole milliseconds. It must be shorter than the client's
	// ReadTimeout. Zero means one second.
	ReplicaTimeout time.Duration
}

// goodPrefix has neither braces, which would move the keys of a subject into slots of their own, nor what an ACL reads as
// a pattern.
var goodPrefix = regexp.MustCompile(`^[A-Za-z0-9:._/-]{1,64}$`)

// withDefaults returns the options with every zero replaced, or why there can be no such Store.
func (o *Options) withDefaults(readTimeout time.Duration) (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Prefix == "" {
		c.Prefix = defaultPrefix
	}
	if c.MaxRecord == 0 {
		c.MaxRecord = defaultMaxRecord
	}
	if c.ReplicaTimeout == 0 {
		c.ReplicaTimeout = defaultReplicaTimeout
	}
	switch {
	case !goodPrefix.MatchString(c.Prefix):
		return c, failure.Config.With("Options.Prefix has up to 64 ASCII letters, digits and : . _ - /")
	case c.MaxRecord < 8 || c.MaxRecord > maxMaxRecord:
		return c, failure.Config.With("Options.MaxRecord is from 8 bytes to 256 MiB; zero means 1 MiB")
	case c.Replicas < 0:
		return c, failure.Config.With("Options.Replicas is negative")
	case c.ReplicaTimeout < time.Millisecond:
		// For WAIT, 0 means for ever.
		return c, failure.Config.With("Options.ReplicaTimeout is at least a millisecond; zero means a second")
	case c.Replicas > 0 && readTimeout > 0 && c.ReplicaTimeout >= readTimeout:
		return c, failure.Config.With(fmt.Sprintf("Options.ReplicaTimeout of %v is not shorter than the client's ReadTimeout of %v",
			c.ReplicaTimeout, readTimeout))
	}
	return c, nil
}

// A Store keeps sessions in Redis, to the contract of sessions.Store. It is safe for concurrent use.
type Store struct {
	client redis.UniversalClient
	config Options
}

// New returns a store in the Redis of a client, which stays the caller's to close. The client is a [*redis.Client],
// Sentinel included, or a [*redis.ClusterClient]. New calls nothing. It fails, with [sealring.ErrConfig], for Options that
// make no sense and for a client that could bring back a session that has ended: one that caches, that reads from
// replicas, or a [*redis.Ring], which moves keys to other servers and back. A client that is not one of these is refused,
// since it does not show what it does.
//
// [sealring.ErrConfig]: https://pkg.go.dev/github.com/sealring/sealring#ErrConfig
func New(client redis.UniversalClient, o *Options) (*Store, error) {
	readTimeout, err := check(client)
	if err != nil {
		return nil, err
	}
	config, err := o.withDefaults(readTimeout)
	if err != nil {
		return nil, err
	}
	return &Store{client, config}, nil
}

// check returns how long a client waits for an answer, or why it cannot be the client of a store.
func check(client redis.UniversalClient) (readTimeout time.Duration, err error) {
	switch c := client.(type) {
	case *redis.Client:
		if c == nil {
			break
		}
		o := c.Options()
		if o.ClientSideCacheConfig != nil || o.ClientSideCache != nil {
			return 0, failure.Config.With("the client caches, and would serve sessions that have ended; leave ClientSideCacheConfig nil")
		}
		return o.ReadTimeout, nil
	case *redis.ClusterClient:
		if c == nil {
			break
		}
		o := c.Options()
		if o.ReadOnly || o.RouteByLatency || o.RouteRandomly {
			return 0, failure.Config.With("the client reads from replicas, which serve sessions that have ended; " +
				"leave ReadOnly, RouteByLatency and RouteRandomly false")
		}
		return o.ReadTimeout, nil
	case *redis.Ring:
		return 0, failure.Config.With("a Ring moves keys to other servers when one fails, and sessions that have ended come back " +
			"with it; use a cluster")
	}
	return 0, failure.Config.With("the client is not one of redis.NewClient, NewFailoverClient or NewClusterClient")
}
