package redisstore

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/redis/go-redis/v9"
)

// maxRedirects is how often end follows a key to another server of a cluster.
const maxRedirects = 3

// errNoMaster is what New and the topology of a cluster rule out.
var errNoMaster = errors.New("the server that has the key is none of the cluster's masters")

// end runs a script that ends sessions, and returns once the replicas have acknowledged that. WAIT counts for its own
// connection alone, so both commands go to the key's master in one pipeline; go-redis would send WAIT, which has no key,
// anywhere.
func (s *Store) end(ctx context.Context, script *redis.Script, keys []string, args ...any) (int64, error) {
	if s.config.Replicas == 0 {
		return s.run(ctx, script, keys, args...)
	}
	node, asking, err := s.master(ctx, keys[0], nil)
	for redirects := 0; err == nil; redirects++ {
		var n, acknowledged int64
		n, acknowledged, err = s.endAt(ctx, node, asking, script, keys, args)
		switch {
		case err == nil && acknowledged < int64(s.config.Replicas):
			return 0, fmt.Errorf("%d of %d replicas have acknowledged it in %v", acknowledged, s.config.Replicas, s.config.ReplicaTimeout)
		case err == nil:
			return n, nil
		case redirects == maxRedirects:
			return 0, err
		}
		node, asking, err = s.master(ctx, keys[0], err)
	}
	return 0, err
}

// master returns the client of the server that a key is on. After a refusal it is the one that the refusal names, where
// a key that moves may have to be asked for; after another error it returns that.
func (s *Store) master(ctx context.Context, key string, refusal error) (node *redis.Client, asking bool, err error) {
	cluster, ok := s.client.(*redis.ClusterClient)
	if !ok {
		single, _ := s.client.(*redis.Client) // New takes no others
		return single, false, refusal
	}
	address, asking := redis.IsAskError(refusal)
	_, moved := redis.IsMovedError(refusal)
	switch {
	case asking || moved || refusal != nil && redis.IsReadOnlyError(refusal):
	case refusal != nil:
		// The master may be gone: let the next call know its successor.
		cluster.ReloadState(ctx)
		return nil, false, refusal
	default:
		node, err = cluster.MasterForKey(ctx, key)
		return node, false, err
	}

	// ForEachMaster, other than ReloadState, returns when the state of the cluster has been loaded anew.
	var mu sync.Mutex
	err = cluster.ForEachMaster(ctx, func(_ context.Context, c *redis.Client) error {
		mu.Lock()
		defer mu.Unlock()
		if c.Options().Addr == address {
			node = c
		}
		return nil
	})
	if err == nil && !asking {
		node, err = cluster.MasterForKey(ctx, key)
	}
	if err == nil && node == nil {
		err = errNoMaster
	}
	return node, asking, err
}

// endAt runs a script on one server and, on the same connection, waits for its replicas.
func (s *Store) endAt(
	ctx context.Context, node *redis.Client, asking bool, script *redis.Script, keys []string, args []any,
) (n, acknowledged int64, err error) {
	for _, run := range []func(context.Context, redis.Scripter, []string, ...any) *redis.Cmd{script.EvalSha, script.Eval} {
		var answer *redis.Cmd
		wait := redis.NewIntCmd(ctx, "wait", s.config.Replicas, s.config.ReplicaTimeout.Milliseconds())
		_, err = node.Pipelined(ctx, func(p redis.Pipeliner) error {
			if asking {
				p.Process(ctx, redis.NewStatusCmd(ctx, "asking"))
			}
			answer = run(ctx, p, keys, args...)
			return p.Process(ctx, wait)
		})
		if err == nil {
			n, err = answer.Int64()
			return n, wait.Val(), err
		}
		if !errors.Is(err, redis.ErrNoScript) && !redis.HasErrorPrefix(err, "NOSCRIPT") {
			break
		}
	}
	return 0, 0, err
}
