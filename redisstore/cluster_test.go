package redisstore_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/internal/redistest"
	"github.com/sealring/sealring/redisstore"
)

// What a cluster does to a Store: keys move, masters fail over, and replicas acknowledge.
func TestCluster(t *testing.T) {
	cluster, c := startCluster(t)
	// In this order, as each leaves the cluster as the next one needs it.
	t.Run("replicas", func(t *testing.T) { testReplicas(t, cluster, c) })
	t.Run("moving", func(t *testing.T) { testMoving(t, cluster, c) })
	t.Run("moving subject", func(t *testing.T) { testMovingSubject(t, cluster, c) })
	t.Run("orderly failover", func(t *testing.T) { testFailover(t, cluster, c) })
	t.Run("kill -9 of a master", func(t *testing.T) { testMasterKilled(t, cluster, c) })
}

// What ends a session is on a replica when the Store says so, and an error where there is none to have it.
func testReplicas(t *testing.T, cluster *redistest.Cluster, c *redis.ClusterClient) {
	s, ctx := newStore(t, c, &redisstore.Options{Replicas: 1}), t.Context()
	for _, call := range calls {
		if err := call.do(ctx, s); err != nil {
			t.Errorf("%s: %v", call.name, err)
		}
	}
	const n = 100
	behind := 0
	for i := range n {
		mustSave(t, s, id(i), 0, record(1))
		ends := []func() (bool, error){
			func() (bool, error) { return s.Delete(ctx, id(i), nil) },
			func() (bool, error) { return s.Save(ctx, id(i), 1, record(2), time.UnixMilli(1)) },
		}
		if ended, err := ends[i%2](); !ended || err != nil {
			t.Fatal(ended, err)
		}
		key := "sealring:session:" + hash(i)
		behind += replicasWith(t, cluster, key)
		// What is gone already is waited for nevertheless, and leaves nothing.
		if ended, err := s.Delete(ctx, id(i), nil); ended || err != nil {
			t.Fatal(ended, err)
		}
		if c.Exists(ctx, key).Val() != 0 {
			t.Fatal("something is left")
		}
	}
	t.Logf("%d sessions ended, %d still on a replica", n, behind)
	if behind > 0 {
		t.Errorf("%d sessions are on a replica", behind)
	}

	demanding := newStore(t, c, &redisstore.Options{Replicas: 2, ReplicaTimeout: 20 * time.Millisecond})
	mustSave(t, demanding, id(1), 0, record(1))
	for name, end := range map[string]func() error{
		"delete": func() error { _, err := demanding.Delete(ctx, id(1), nil); return err },
		"again":  func() error { _, err := demanding.Delete(ctx, id(1), record(1)); return err },
		"revoke": func() error { _, err := demanding.Revoke(ctx, id(2), time.Now(), inAnHour()); return err },
	} {
		if err := end(); err == nil || !strings.Contains(err.Error(), "1 of 2 replicas") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := mustLoad(t, s, id(1)); got != nil {
		t.Error("it has not ended on the master")
	}
}

// replicasWith counts the replicas that have a key.
func replicasWith(t *testing.T, cluster *redistest.Cluster, key string) (n int) {
	t.Helper()
	for _, node := range cluster.Nodes[3:] {
		c := redis.NewClient(&redis.Options{Network: "unix", Addr: node.Socket})
		answers, err := c.Pipelined(t.Context(), func(p redis.Pipeliner) error {
			p.Do(t.Context(), "readonly")
			p.Do(t.Context(), "exists", key)
			return nil
		})
		if err == nil { // otherwise it is a key of another master
			found, _ := answers[1].(*redis.Cmd).Int()
			n += found
		}
		c.Close()
	}
	return n
}

// While a slot moves from one master to another, each method finds its keys on the one or the other.
func testMoving(t *testing.T, cluster *redistest.Cluster, c *redis.ClusterClient) {
	ctx := t.Context()
	for _, replicas := range []int{0, 1} {
		s := newStore(t, c, &redisstore.Options{Replicas: replicas})
		session := fresh()
		mustSave(t, s, session, 0, record(1))
		key := keyOf(t, cluster, session)
		slot := cluster.Nodes[0].Do("CLUSTER", "KEYSLOT", key)
		from, to := owners(t, cluster, c, key)

		moving(slot, from, to)
		host, port, _ := strings.Cut(to.Addr, ":")
		from.Do("MIGRATE", host, port, key, "0", "5000")

		want := record(2)
		mustSave(t, s, session, 1, want)
		if got := mustLoad(t, s, session); !bytes.Equal(got, want) {
			t.Errorf("%d replicas: %q, want %q", replicas, got, want)
		}
		if deleted, err := s.Delete(ctx, session, want); !deleted || err != nil {
			t.Errorf("%d replicas: deleted %v, %v", replicas, deleted, err)
		}
		if deleted, err := s.Delete(ctx, session, nil); deleted || err != nil {
			t.Errorf("%d replicas: deleted again %v, %v", replicas, deleted, err)
		}
		mustSave(t, s, session, 0, want)
		for _, n := range cluster.Nodes[:3] {
			n.Do("CLUSTER", "SETSLOT", slot, "NODE", to.ID)
		}
		// The client still asks the old master.
		if deleted, err := s.Delete(ctx, session, want); !deleted || err != nil {
			t.Errorf("%d replicas, moved: deleted %v, %v", replicas, deleted, err)
		}
		if _, err := s.Revoke(ctx, session, time.Now(), inAnHour()); err != nil {
			t.Error(err)
		}
	}
}

// moving lets a slot begin to move.
func moving(slot string, from, to *redistest.Node) {
	to.Do("CLUSTER", "SETSLOT", slot, "IMPORTING", from.ID)
	from.Do("CLUSTER", "SETSLOT", slot, "MIGRATING", to.ID)
}

// While a slot moves, what needs both keys of a subject fails if one is there and the other is not; the package says so.
func testMovingSubject(t *testing.T, cluster *redistest.Cluster, c *redis.ClusterClient) {
	ctx := t.Context()
	for _, replicas := range []int{0, 1} {
		s, subject := newStore(t, c, &redisstore.Options{Replicas: replicas}), fresh()
		mustEnter(t, s, subject, id(1), time.UnixMilli(1), inAnHour())
		key := "sealring:subject:{" + hashOf(subject) + "}:listed"
		slot := cluster.Nodes[0].Do("CLUSTER", "KEYSLOT", key)
		from, to := owners(t, cluster, c, key)
		moving(slot, from, to)

		_, enter := s.Enter(ctx, subject, id(2), time.Now(), inAnHour())
		_, revoke := s.Revoke(ctx, subject, time.Now(), inAnHour())
		for _, err := range []error{enter, revoke} {
			if !redis.IsTryAgainError(err) {
				t.Errorf("%d replicas: %v", replicas, err)
			}
		}
		if before, err := s.Revoked(ctx, subject); err != nil || !before.IsZero() {
			t.Errorf("%d replicas: revoked before %v, %v", replicas, before, err)
		}
		checkListed(t, s, subject, id(1))

		host, port, _ := strings.Cut(to.Addr, ":")
		from.Do("MIGRATE", host, port, key, "0", "5000")
		checkListed(t, s, subject, id(1))
		for _, n := range cluster.Nodes[:3] {
			n.Do("CLUSTER", "SETSLOT", slot, "NODE", to.ID)
		}
		mustRevoke(t, s, subject, millis(time.Now()), inAnHour())
	}
}

// keyOf is the key of the one session there is.
func keyOf(t *testing.T, cluster *redistest.Cluster, session [32]byte) string {
	t.Helper()
	for _, n := range cluster.Nodes[:3] {
		for key := range strings.Lines(n.Do("KEYS", "sealring:session:*")) {
			key = strings.TrimSpace(key)
			if key != "" && strings.HasSuffix(key, hashOf(session)) {
				return key
			}
		}
	}
	t.Fatal("no such key")
	return ""
}

// owners returns the master of a key and another master.
func owners(t *testing.T, cluster *redistest.Cluster, c *redis.ClusterClient, key string) (from, to *redistest.Node) {
	t.Helper()
	master, err := c.MasterForKey(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range cluster.Nodes[:3] {
		if n.Addr == master.Options().Addr {
			from = n
		} else {
			to = n
		}
	}
	return from, to
}

// A failover that is asked for loses nothing.
func testFailover(t *testing.T, cluster *redistest.Cluster, c *redis.ClusterClient) {
	l := newLoad(t, c, &redisstore.Options{Replicas: 1})
	l.during(func() {
		for _, replica := range cluster.Nodes[3:5] {
			replica.Do("CLUSTER", "FAILOVER")
			redistest.Eventually(t, "the replica is master", func() error { return isMaster(replica) })
			time.Sleep(100 * time.Millisecond)
		}
	})
	cluster.Await(6)
	l.during(func() {})
	l.audit()
	l.wantNoneLost()
}

func isMaster(n *redistest.Node) error {
	if !strings.Contains(n.Do("INFO", "replication"), "role:master") {
		return errors.New("it is not")
	}
	return nil
}

// When a master dies, what has ended stays so if a replica had to acknowledge it. Without that, what the replica did not
// have is back: this is why Options.Replicas is there.
func testMasterKilled(t *testing.T, cluster *redistest.Cluster, c *redis.ClusterClient) {
	ctx := t.Context()
	replica, master := cluster.Nodes[2], cluster.Nodes[5]
	if isMaster(master) != nil {
		replica, master = master, replica
	}

	l := newLoad(t, c, &redisstore.Options{Replicas: 1})
	l.begin()
	time.Sleep(200 * time.Millisecond)

	// The replica is cut off: it is stopped, and what it would still read is not sent.
	s := newStore(t, c, nil)
	careful := newStore(t, c, &redisstore.Options{Replicas: 1, ReplicaTimeout: 50 * time.Millisecond})
	const n = 20
	var ids [][32]byte
	for len(ids) < n {
		session := fresh()
		mustSave(t, s, session, 0, record(1))
		if m, err := c.MasterForKey(ctx, "sealring:session:"+hashOf(session)); err != nil || m.Options().Addr != master.Addr {
			continue
		}
		ids = append(ids, session)
	}
	redistest.Eventually(t, "the replica has all", func() error {
		if got := master.Do("WAIT", "1", "1000"); got != "1" {
			return fmt.Errorf("WAIT: %s", got)
		}
		return nil
	})
	if err := syscall.Kill(replica.Pid(), syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	master.Do("CLIENT", "KILL", "TYPE", "replica")
	for _, session := range ids[1:] {
		if deleted, err := s.Delete(ctx, session, nil); !deleted || err != nil {
			t.Error(deleted, err)
		}
	}
	if _, err := careful.Delete(ctx, ids[0], nil); err == nil {
		t.Error("a replica that is cut off has acknowledged")
	}
	master.Kill()
	if err := syscall.Kill(replica.Pid(), syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	redistest.Eventually(t, "the replica is master", func() error { return isMaster(replica) })
	cluster.Await(5)
	redistest.Eventually(t, "the client knows", func() error {
		_, err := s.Load(ctx, ids...)
		return err
	})
	l.end()

	records, err := s.Load(ctx, ids[1:]...)
	if err != nil {
		t.Fatal(err)
	}
	back := 0
	for _, r := range records {
		if r != nil {
			back++
		}
	}
	t.Logf("without Options.Replicas %d of %d sessions are back; with it, that they have ended was an error", back, n-1)
	if back == 0 {
		t.Error("the failover lost nothing, so nothing was tested")
	}

	// The master that was is the replica now, and has nothing to acknowledge otherwise.
	master.Run()
	cluster.Await(6)
	l.during(func() {})
	l.audit()
	l.wantErrors()
}
