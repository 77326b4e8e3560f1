package redisstore_test

import (
	"context"
	"crypto/rand"
	"sync/atomic"
	"testing"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/redisstore"
	"github.com/sealring/sealring/sessions/sessionstest"
)

// What must be the same over each kind of Redis.
func TestEachRedis(t *testing.T) {
	overAll(t, func(t *testing.T, c redis.UniversalClient) {
		for name, test := range map[string]func(*testing.T, redis.UniversalClient){
			"records": testRecords, "load many": testLoadMany, "subjects": testSubjects, "conformance": testConformance,
		} {
			t.Run(name, func(t *testing.T) { test(t, c) })
		}
	})
}

// The suite of all stores.
func testConformance(t *testing.T, c redis.UniversalClient) {
	replicas := 0
	if _, ok := c.(*redis.ClusterClient); ok {
		replicas = 1
	}
	sessionstest.Run(t, func(t *testing.T) sessionstest.Harness {
		return sessionstest.Harness{
			// The user of the README may use this prefix alone.
			Store:     newStore(t, c, &redisstore.Options{Prefix: "sealring:" + rand.Text() + ":", MaxRecord: 100 << 20, Replicas: replicas}),
			Size:      sizeOf(t, c),
			MaxRecord: 100 << 20,
			IDs:       20_000,
		}
	})
}

// sizeOf returns what counts the keys, if the client may.
func sizeOf(t *testing.T, c redis.UniversalClient) func() int {
	if c.DBSize(t.Context()).Err() != nil {
		return nil
	}
	return func() int { return size(t, c) }
}

// size is how many keys there are.
func size(t *testing.T, c redis.UniversalClient) int {
	t.Helper()
	cluster, ok := c.(*redis.ClusterClient)
	if !ok {
		return int(c.DBSize(context.Background()).Val())
	}
	var n atomic.Int64
	err := cluster.ForEachMaster(context.Background(), func(ctx context.Context, c *redis.Client) error {
		n.Add(c.DBSize(ctx).Val())
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return int(n.Load())
}
