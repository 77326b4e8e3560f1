package redisstore_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/redisstore"
)

// The user of the README may do what a Store does, and nothing beyond.
func TestACL(t *testing.T) {
	server, c := startSecured(t)
	s, ctx := newStore(t, c, nil), t.Context()
	for range 2 { // without the scripts, and with them
		for _, call := range calls {
			if err := call.do(ctx, s); err != nil {
				t.Errorf("%s: %v", call.name, err)
			}
		}
	}
	for _, command := range [][]any{
		{"keys", "*"}, {"scan", "0"}, {"flushdb"}, {"flushall"}, {"config", "get", "*"}, {"acl", "list"}, {"client", "list"},
		{"monitor"}, {"dbsize"}, {"script", "flush"}, {"subscribe", "x"}, {"shutdown"},
		{"rename", "sealring:a", "sealring:b"}, {"persist", "sealring:a"}, {"get", "other:a"}, {"set", "other:a", "x"},
		{"eval", "return redis.call('GET', KEYS[1])", "1", "other:a"}, {"eval", "return redis.call('GET', 'other:a')", "0"},
		{"eval", "return redis.call('KEYS', '*')", "0"},
	} {
		if err := c.Do(ctx, command...).Err(); !isRefused(err) {
			t.Errorf("%v: %v", command, err)
		}
	}
	if got := server.Do("ACL", "LOG"); !strings.Contains(got, "other:a") {
		t.Errorf("Redis has no log of it: %s", got)
	}
	// Another prefix is not this user's.
	for _, call := range calls {
		if err := call.do(ctx, newStore(t, c, &redisstore.Options{Prefix: "other:"})); !isRefused(err) {
			t.Errorf("%s under another prefix: %v", call.name, err)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// isRefused reports whether an error says that a permission is missing, be it within a script.
func isRefused(err error) bool {
	return redis.IsPermissionError(err) || strings.Contains(errText(err), "The user executing the script can't ")
}

// The rule has no permission too many, and where one is missing that is an error: never "no session", and never the moment of
// a revocation that is not there.
func TestACLEachPermission(t *testing.T) {
	server, c := startSecured(t)
	ctx := t.Context()
	used := map[string]bool{"+cluster|slots": true, "+command": true, "+asking": true} // in a cluster
	for _, permission := range rule(t) {
		if !strings.HasPrefix(permission, "+") || used[permission] {
			continue
		}
		server.Do(rule(t)...)
		server.Do("FLUSHALL")
		server.Do("SCRIPT", "FLUSH")
		s := newStore(t, c, nil)
		want := record(1)
		at := millis(time.Now())
		mustSave(t, s, id(1), 0, want)
		mustEnter(t, s, id(2), id(1), at, inAnHour())
		mustRevoke(t, s, id(2), at, inAnHour())

		server.Do("ACL", "SETUSER", "sessions", "-"+permission[1:])
		check := func(what string, err error, right bool) {
			switch {
			case err == nil && !right:
				t.Errorf("%s: %s is not told", permission, what)
			case err != nil && !isRefused(err):
				t.Errorf("%s: %s: %v", permission, what, err)
			case err != nil:
				used[permission] = true
			}
		}
		got, err := s.Load(ctx, id(1))
		check("load", err, len(got) == 1 && bytes.Equal(got[0], want))
		before, err := s.Revoked(ctx, id(2))
		check("revoked", err, before.Equal(at))
		ids, err := s.List(ctx, id(2))
		check("list", err, len(ids) == 1)
		_, err = s.Enter(ctx, id(2), id(3), at, inAnHour())
		check("enter", err, true)
		if err != nil {
			server.Do("ACL", "SETUSER", "sessions", permission)
			if permission != "+pexpireat" {
				checkListed(t, s, id(2), id(1))
			}
			server.Do("ACL", "SETUSER", "sessions", "-"+permission[1:])
		}
		err = s.Leave(ctx, id(2), id(1))
		check("leave", err, true)
		before, err = s.Revoke(ctx, id(2), at.Add(time.Minute), inAnHour())
		check("revoke", err, before.Equal(at.Add(time.Minute)))
		saved, err := s.Save(ctx, id(1), 1, record(2), inAnHour())
		check("save", err, saved)
		deleted, err := s.Delete(ctx, id(1), want)
		check("delete", err, deleted == !saved)
		_, err = s.Delete(ctx, id(1), nil)
		check("delete whatever", err, true)
		// Replicas that there are not, so this cannot succeed.
		demanding := newStore(t, c, &redisstore.Options{Replicas: 1, ReplicaTimeout: time.Millisecond})
		if _, err := demanding.Delete(ctx, id(1), want); err == nil {
			t.Errorf("%s: no replica has acknowledged", permission)
		} else if isRefused(err) {
			used[permission] = true
		}
	}
	for _, permission := range rule(t) {
		if strings.HasPrefix(permission, "+") && !used[permission] {
			t.Errorf("%s is not used", permission)
		}
	}
}

// In a cluster, the same rule on every node is enough.
func TestACLCluster(t *testing.T) {
	cluster, _ := startCluster(t)
	for _, n := range cluster.Nodes {
		n.Do(rule(t)...)
	}
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs(), Username: "sessions", Password: password})
	t.Cleanup(func() { c.Close() })
	for _, o := range []redisstore.Options{{}, {Replicas: 1}} {
		s := newStore(t, c, &o)
		for _, call := range calls {
			if err := call.do(t.Context(), s); err != nil {
				t.Errorf("%d replicas: %s: %v", o.Replicas, call.name, err)
			}
		}
	}
	t.Run("moving", func(t *testing.T) { testMoving(t, cluster, c) })
	for _, n := range cluster.Nodes {
		n.Do("ACL", "SETUSER", "sessions", "-cluster|slots")
	}
	c = redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs(), Username: "sessions", Password: password})
	t.Cleanup(func() { c.Close() })
	s := newStore(t, c, nil)
	for _, call := range calls {
		if err := call.do(t.Context(), s); err == nil {
			t.Errorf("%s: without knowing the cluster", call.name)
		}
	}
}

// A wrong password and a certificate that is not trusted are errors, which do not show the password.
func TestTLS(t *testing.T) {
	server, c := startSecured(t)
	for name, change := range map[string]func(*redis.Options){
		"password":    func(o *redis.Options) { o.Password = "M4rk3r" },
		"user":        func(o *redis.Options) { o.Username = "M4rk3r" },
		"certificate": func(o *redis.Options) { o.TLSConfig = &tls.Config{RootCAs: x509.NewCertPool()} },
		"name":        func(o *redis.Options) { o.TLSConfig = &tls.Config{RootCAs: o.TLSConfig.RootCAs, ServerName: "other"} },
	} {
		good := c.Options()
		o := &redis.Options{Addr: good.Addr, Username: good.Username, Password: good.Password, TLSConfig: good.TLSConfig}
		o.DialerRetries, o.MaxRetries = 1, -1
		change(o)
		bad := redis.NewClient(o)
		defer bad.Close()
		s := newStore(t, bad, nil)
		for _, call := range calls {
			if err := call.do(t.Context(), s); err == nil || strings.Contains(err.Error(), "M4rk3r") || strings.Contains(err.Error(), password) {
				t.Errorf("%s: %s: %v", name, call.name, err)
			}
		}
	}
	if server.Do("DBSIZE") != "0" {
		t.Error("something was written")
	}
	_, err := newStore(t, c, nil).Load(t.Context(), id(1))
	if err != nil || errors.Is(err, redis.Nil) {
		t.Error(err)
	}
}
