package redisstore_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"

	"github.com/sealring/sealring/internal/redistest"
	"github.com/sealring/sealring/redisstore"
)

// What the tests of this package share: the Redis servers that a Store is held against.

// go-redis logs what it also returns.
func init() { logging.Disable() }

// start returns a server and a client of it.
func start(t testing.TB, args ...string) (*redistest.Server, *redis.Client) {
	t.Helper()
	s := redistest.Start(t, redistest.Options{Args: args})
	return s, clientOf(t, s, nil)
}

// clientOf returns a client of a server, with options that change may change.
func clientOf(t testing.TB, s *redistest.Server, change func(*redis.Options)) *redis.Client {
	t.Helper()
	o := &redis.Options{Network: "unix", Addr: s.Socket, ContextTimeoutEnabled: true}
	if change != nil {
		change(o)
	}
	c := redis.NewClient(o)
	t.Cleanup(func() { c.Close() })
	return c
}

func newStore(t testing.TB, c redis.UniversalClient, o *redisstore.Options) *redisstore.Store {
	t.Helper()
	s, err := redisstore.New(c, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// startCluster returns a cluster and a client of it.
func startCluster(t testing.TB, args ...string) (*redistest.Cluster, *redis.ClusterClient) {
	t.Helper()
	cluster := redistest.StartCluster(t, redistest.Options{Args: args})
	c := redis.NewClusterClient(&redis.ClusterOptions{Addrs: cluster.Addrs(), ContextTimeoutEnabled: true})
	t.Cleanup(func() { c.Close() })
	return cluster, c
}

// startSecured returns a server that takes TLS alone, but for its socket, and a client by the user of the README.
func startSecured(t testing.TB) (*redistest.Server, *redis.Client) {
	t.Helper()
	dir := t.TempDir()
	roots := certify(t, dir)
	port := redistest.Ports(t, 1)[0]
	s := redistest.Start(t, redistest.Options{Args: []string{
		"--tls-port", port, "--bind", "127.0.0.1", "--tls-auth-clients", "no",
		"--tls-cert-file", filepath.Join(dir, "cert.pem"), "--tls-key-file", filepath.Join(dir, "key.pem"),
	}})
	s.Do(rule(t)...)
	c := redis.NewClient(&redis.Options{
		Addr: "127.0.0.1:" + port, Username: "sessions", Password: password, ContextTimeoutEnabled: true,
		TLSConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS13},
	})
	t.Cleanup(func() { c.Close() })
	return s, c
}

const password = "correct-horse"

// rule is the ACL rule of the README, as words.
func rule(t testing.TB) []string {
	t.Helper()
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(readme)) {
		if strings.HasPrefix(line, "ACL SETUSER ") {
			return strings.Fields(strings.Replace(line, "PASSWORD", password, 1))
		}
	}
	t.Fatal("the README has no ACL rule")
	return nil
}

// certify writes a certificate for loopback, and returns it as the root to trust.
func certify(t testing.TB, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "redis"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA:         true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: der},
		"key.pem":  {Type: "PRIVATE KEY", Bytes: private},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(certificate)
	return roots
}

// overAll runs a test over each kind of Redis.
func overAll(t *testing.T, test func(*testing.T, redis.UniversalClient)) {
	t.Run("single", func(t *testing.T) {
		_, c := start(t)
		test(t, c)
	})
	t.Run("TLS, ACL", func(t *testing.T) {
		_, c := startSecured(t)
		test(t, c)
	})
	t.Run("cluster", func(t *testing.T) {
		_, c := startCluster(t)
		test(t, c)
	})
}

// ownStore returns a store that shares its keys with no other test, and whose user is the README's.
func ownStore(t testing.TB, c redis.UniversalClient) *redisstore.Store {
	return newStore(t, c, &redisstore.Options{Prefix: "sealring:" + rand.Text() + ":"})
}

// id returns a fixed ID, or subject, of its own for each number.
func id(n int) [32]byte { return sha256.Sum256(fmt.Appendf(nil, "sealring redisstore test %d", n)) }

// record returns a record of a version that no other call returns.
func record(version uint64) []byte {
	return append(binary.BigEndian.AppendUint64(nil, version), rand.Text()...)
}

// inAnHour is an expiry.
func inAnHour() time.Time { return time.Now().Add(time.Hour) }

// millis cuts a time off as the store does.
func millis(t time.Time) time.Time { return t.Truncate(time.Millisecond) }

// mustSave saves, and must succeed.
func mustSave(t testing.TB, s *redisstore.Store, id [32]byte, version uint64, record []byte) {
	t.Helper()
	if saved, err := s.Save(t.Context(), id, version, record, inAnHour()); err != nil || !saved {
		t.Fatalf("saved %v, %v", saved, err)
	}
}

// mustLoad returns the record of one session.
func mustLoad(t testing.TB, s *redisstore.Store, id [32]byte) []byte {
	t.Helper()
	records, err := s.Load(t.Context(), id)
	if err != nil || len(records) != 1 {
		t.Fatalf("%d records, %v", len(records), err)
	}
	return records[0]
}

// A line is the connections of a client, whose writes it counts and whose answers it can lose.
type line struct {
	mu     sync.Mutex
	writes int
	lose   int // so many writes from now on have no answer
}

func (l *line) dialer(s *redistest.Server) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		c, err := new(net.Dialer).DialContext(ctx, "unix", s.Socket)
		if err != nil {
			return nil, err
		}
		return &lineConn{Conn: c, line: l}, nil
	}
}

type lineConn struct {
	net.Conn
	line *line
}

// Write writes, and where the answer is to be lost, waits for it and throws it away with the connection.
func (c *lineConn) Write(b []byte) (int, error) {
	c.line.mu.Lock()
	c.line.writes++
	lose := c.line.lose > 0
	if lose {
		c.line.lose--
	}
	c.line.mu.Unlock()
	n, err := c.Conn.Write(b)
	if lose {
		c.Conn.Read(make([]byte, 1))
		c.Conn.Close()
	}
	return n, err
}

// reset sets both counters, and returns the writes until now.
func (l *line) reset(lose int) (writes int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	writes, l.writes, l.lose = l.writes, 0, lose
	return writes
}

// fresh returns an ID that no other call returns.
func fresh() (id [32]byte) {
	rand.Read(id[:])
	return id
}
