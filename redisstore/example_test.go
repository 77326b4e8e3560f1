package redisstore_test

import (
	"context"
	"fmt"
	"log"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/redisstore"
	"github.com/sealring/sealring/sessions"
)

// Sessions in a cluster, of which none that a user has ended comes back when a master fails.
func ExampleNew() {
	client := redis.NewClusterClient(&redis.ClusterOptions{
		Addrs:                 []string{"redis-0.internal:6379", "redis-1.internal:6379"},
		ContextTimeoutEnabled: true,
	})
	defer client.Close()
	store, err := redisstore.New(client, &redisstore.Options{Replicas: 1})
	if err != nil {
		log.Fatal(err)
	}
	ring, err := sealring.NewKeyring(sealring.GenerateKey()) // in a service: one that all nodes have
	if err != nil {
		log.Fatal(err)
	}
	manager, err := sessions.New[string](ring, store, nil)
	if err != nil {
		log.Fatal(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	cancel() // as there is no such cluster
	_, err = manager.Create(ctx, "value")
	fmt.Println(err)
	// Output: sessions: the store failed: redisstore: save: context canceled
}
