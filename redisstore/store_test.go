package redisstore_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/redisstore"
	"github.com/sealring/sealring/sessions"
)

var _ sessions.Store = (*redisstore.Store)(nil)

// A client that could bring back a session that has ended is refused, and so are options that make no sense. None of
// these dials.
func TestNew(t *testing.T) {
	plain := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1"})
	defer plain.Close()
	cluster := func(o redis.ClusterOptions) redis.UniversalClient {
		o.Addrs = []string{"127.0.0.1:1"}
		c := redis.NewClusterClient(&o)
		t.Cleanup(func() { c.Close() })
		return c
	}
	caching := redis.NewClient(&redis.Options{Addr: "127.0.0.1:1", ClientSideCacheConfig: &redis.ClientSideCacheConfig{}})
	defer caching.Close()
	ring := redis.NewRing(&redis.RingOptions{Addrs: map[string]string{"a": "127.0.0.1:1"}})
	defer ring.Close()
	pipeliner, err := plain.AutoPipeline()
	if err != nil {
		t.Fatal(err)
	}
	defer pipeliner.Close()
	for name, c := range map[string]redis.UniversalClient{
		"nil":               nil,
		"nil client":        (*redis.Client)(nil),
		"nil cluster":       (*redis.ClusterClient)(nil),
		"ring":              ring,
		"cache":             caching,
		"read only":         cluster(redis.ClusterOptions{ReadOnly: true}),
		"routed by latency": cluster(redis.ClusterOptions{RouteByLatency: true}),
		"routed randomly":   cluster(redis.ClusterOptions{RouteRandomly: true}),
		"unknown":           struct{ redis.UniversalClient }{plain},
		"pipeliner":         pipeliner,
	} {
		if s, err := redisstore.New(c, nil); s != nil || !errors.Is(err, sealring.ErrConfig) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}

	for name, o := range map[string]redisstore.Options{
		"braces":                  {Prefix: "{app}:"},
		"empty braces":            {Prefix: "{}"},
		"pattern":                 {Prefix: "app*"},
		"space":                   {Prefix: "app "},
		"line feed":               {Prefix: "app\n"},
		"NUL":                     {Prefix: "app\x00"},
		"beyond ASCII":            {Prefix: "äpp"},
		"long":                    {Prefix: strings.Repeat("a", 65)},
		"negative record":         {MaxRecord: -1},
		"record without version":  {MaxRecord: 7},
		"huge record":             {MaxRecord: 1<<28 + 1},
		"negative replicas":       {Replicas: -1},
		"negative timeout":        {ReplicaTimeout: -1},
		"timeout of a nanosecond": {ReplicaTimeout: 1},
		"timeout of the client":   {Replicas: 1, ReplicaTimeout: 5 * time.Second},
	} {
		if s, err := redisstore.New(plain, &o); s != nil || !errors.Is(err, sealring.ErrConfig) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
	}

	for name, o := range map[string]*redisstore.Options{
		"nil":            nil,
		"zero":           {},
		"all characters": {Prefix: "aZ09:._/-"},
		"all":            {Prefix: strings.Repeat("a", 64), MaxRecord: 1 << 28, Replicas: 2, ReplicaTimeout: time.Millisecond},
	} {
		for _, c := range []redis.UniversalClient{plain, cluster(redis.ClusterOptions{})} {
			if _, err := redisstore.New(c, o); err != nil {
				t.Errorf("%s, %T: %v", name, c, err)
			}
		}
	}
}

// The keys are those that the package's documentation names, and each expires.
func TestKeys(t *testing.T) {
	server, c := start(t)
	for prefix, s := range map[string]*redisstore.Store{
		"sealring:":     newStore(t, c, nil),
		"shop/session.": newStore(t, c, &redisstore.Options{Prefix: "shop/session."}),
	} {
		mustSave(t, s, id(1), 0, record(1))
		if _, err := s.Enter(t.Context(), id(2), id(1), time.Now(), inAnHour()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Revoke(t.Context(), id(2), time.Now(), inAnHour()); err != nil {
			t.Fatal(err)
		}
		for key, kind := range map[string]string{
			prefix + "session:" + hash(1):                "string",
			prefix + "subject:{" + hash(2) + "}:listed":  "zset",
			prefix + "subject:{" + hash(2) + "}:revoked": "string",
		} {
			if got := server.Do("TYPE", key); got != kind {
				t.Errorf("%s is a %s, want a %s", key, got, kind)
			}
			if ttl := c.PTTL(t.Context(), key).Val(); ttl < 59*time.Minute || ttl > time.Hour {
				t.Errorf("%s expires in %v", key, ttl)
			}
		}
	}
	if n := c.DBSize(t.Context()).Val(); n != 6 {
		t.Errorf("%d keys:\n%s", n, server.Do("KEYS", "*"))
	}
}

// Every method costs one round trip once the server has the scripts.
func TestRoundTrips(t *testing.T) {
	server, _ := start(t)
	l := new(line)
	s := newStore(t, clientOf(t, server, func(o *redis.Options) { o.Dialer = l.dialer(server) }), nil)
	ctx := t.Context()
	for range 2 {
		for _, call := range calls {
			l.reset(0)
			if err := call.do(ctx, s); err != nil {
				t.Fatalf("%s: %v", call.name, err)
			}
			if writes := l.reset(0); writes != 1 && call.warm {
				t.Errorf("%s: %d writes", call.name, writes)
			}
		}
		for i := range calls {
			calls[i].warm = true
		}
	}
}

// A context that is over is an error of every method, which says why, and costs no call.
func TestContext(t *testing.T) {
	server, _ := start(t)
	l := new(line)
	s := newStore(t, clientOf(t, server, func(o *redis.Options) { o.Dialer = l.dialer(server) }), nil)
	for _, call := range calls {
		ctx, cancel := contextOver(t)
		defer cancel()
		if err := call.do(ctx, s); !errors.Is(err, ctx.Err()) || !strings.HasPrefix(err.Error(), "redisstore: ") {
			t.Errorf("%s: %v", call.name, err)
		}
	}
	if writes := l.reset(0); writes != 0 {
		t.Errorf("%d writes", writes)
	}
}
