package gcpkeys_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/gcpkeys"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/keyfile/sourcetest"
)

var _ keyfile.Source = (*gcpkeys.Source)(nil)

// A Source keeps the contract of all key sources.
func TestConformance(t *testing.T) {
	service, client := start(t)
	o := impatient()
	o.Document = true
	days := 0
	repair := func() { service.with(func(s *server) { s.onList, s.onAccess = nil, nil }) }
	fail := func(code codes.Code) func() {
		return func() {
			err := status.Error(code, "no")
			service.with(func(s *server) { s.onList = func(*pb.ListSecretVersionsRequest) error { return err } })
		}
	}
	sourcetest.Run(t, sourcetest.Harness{
		Source: newSource(t, client, o),
		Publish: func(text []byte) {
			repair()
			days++
			service.add(at(days), string(text))
		},
		MaxSize: 65536,
		Remove: func() {
			service.with(func(s *server) {
				for _, v := range s.versions {
					v.State = pb.SecretVersion_DISABLED
				}
			})
		},
		Deny:  fail(codes.PermissionDenied),
		Break: fail(codes.Unavailable),
		Stall: func() func() {
			stalled := make(chan struct{})
			service.with(func(s *server) {
				s.onList = func(*pb.ListSecretVersionsRequest) error { <-stalled; return nil }
			})
			return func() { close(stalled) }
		},
	})
}

// A Watcher follows the versions of a secret, through an outage.
func TestWatcher(t *testing.T) {
	service, client := start(t)
	service.add(at(1), secret(t, 1).Reveal())
	source := newSource(t, client, impatient())
	w, err := keyfile.NewWatcher(t.Context(), source, &keyfile.WatcherOptions{Interval: time.Hour, MinInterval: 1})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	service.add(at(30), secret(t, 2).Reveal())
	service.with(func(s *server) {
		s.onList = func(*pb.ListSecretVersionsRequest) error { return status.Error(codes.Unavailable, "out") }
	})
	if err := w.Refresh(t.Context()); !errors.Is(err, sealring.ErrKeyring) || status.Code(err) != codes.Unavailable {
		t.Error(err)
	}
	if len(w.Keyring().Keys()) != 1 {
		t.Error("the outage changed the ring")
	}
	service.with(func(s *server) { s.onList = nil })
	if err := w.Refresh(t.Context()); err != nil || len(w.Keyring().Keys()) != 2 {
		t.Error(err)
	}
	// Disabling every version takes nobody's keys away.
	service.setState(1, pb.SecretVersion_DISABLED)
	service.setState(2, pb.SecretVersion_DISABLED)
	if err := w.Refresh(t.Context()); !errors.Is(err, sealring.ErrKeyring) || len(w.Keyring().Keys()) != 2 {
		t.Error(err)
	}
}

// A shownKey is a key of a document in a form that can be compared.
type shownKey struct {
	ID, Secret, Comment string
	Created, SealFrom   time.Time
}

func shown(d *keyfile.Document) (keys []shownKey) {
	for _, e := range d.Keys {
		keys = append(keys, shownKey{e.ID, e.Secret.Reveal(), e.Comment, e.Created, e.SealFrom})
	}
	return keys
}

func TestVersionsAreKeys(t *testing.T) {
	service, client := start(t)
	for n := 1; n <= 3; n++ {
		service.add(at(n*30), secret(t, n).Reveal())
	}
	source := newSource(t, client, impatient())
	d := load(t, source)

	want := []shownKey{
		{secret(t, 1).KeyID(), secret(t, 1).Reveal(), "version 1", millis(at(30)), millis(at(30))},
		{secret(t, 2).KeyID(), secret(t, 2).Reveal(), "version 2", millis(at(60)), millis(at(60).Add(time.Hour))},
		{secret(t, 3).KeyID(), secret(t, 3).Reveal(), "version 3", millis(at(90)), millis(at(90).Add(time.Hour))},
	}
	if diff := cmp.Diff(want, shown(d)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if d.Generation != 1 || source.Generated() {
		t.Errorf("generation %d, generated %v", d.Generation, source.Generated())
	}
	ring, _ := sealring.NewKeyring(d.SealringKeys()...)
	for _, test := range []struct {
		at   time.Time
		want int
	}{{at(30), 1}, {at(60).Add(59 * time.Minute), 1}, {at(60).Add(time.Hour), 2}, {at(1000), 3}} {
		if id, _ := ring.Primary(test.at); id != secret(t, test.want).KeyID() {
			t.Errorf("at %v key %s seals, not %d", test.at, id, test.want)
		}
	}
}

// Without options a key seals a day after it was added.
func TestDefaults(t *testing.T) {
	service, client := start(t)
	service.add(at(1), secret(t, 1).Reveal())
	service.add(at(9), secret(t, 2).Reveal())
	for _, o := range []*gcpkeys.Options{nil, {}} {
		keys := load(t, newSource(t, client, o)).Keys
		if !keys[0].SealFrom.Equal(millis(at(1))) || !keys[1].SealFrom.Equal(millis(at(10))) {
			t.Errorf("seal from %v and %v", keys[0].SealFrom, keys[1].SealFrom)
		}
	}
}

// Each version is accessed once, each Load lists once.
func TestCalls(t *testing.T) {
	service, client := start(t)
	service.add(at(1), secret(t, 1).Reveal())
	service.add(at(2), secret(t, 2).Reveal())
	source := newSource(t, client, impatient())
	first := load(t, source)
	for range 9 {
		if diff := cmp.Diff(shown(first), shown(load(t, source))); diff != "" {
			t.Fatal(diff)
		}
	}
	service.add(at(3), secret(t, 3).Reveal())
	load(t, source)
	// A version that comes back is still known.
	service.setState(1, pb.SecretVersion_DISABLED)
	load(t, source)
	service.setState(1, pb.SecretVersion_ENABLED)
	load(t, source)
	if lists, accesses := service.calls(); lists != 13 || accesses != 3 {
		t.Errorf("%d lists and %d accesses, want 13 and 3", lists, accesses)
	}
	for name := range service.accesses {
		if strings.HasSuffix(name, "latest") {
			t.Error("latest was accessed")
		}
	}
}

// A clock for tests.
type clock struct{ now atomic.Int64 }

func (c *clock) Now() time.Time          { return time.Unix(0, c.now.Load()) }
func (c *clock) advance(d time.Duration) { c.now.Add(int64(d)) }

// Between lists a Load costs nothing, whoever calls it however often.
func TestInterval(t *testing.T) {
	service, client := start(t)
	service.add(at(1), secret(t, 1).Reveal())
	var c clock
	c.advance(time.Hour)
	source := newSource(t, client, &gcpkeys.Options{Interval: 10 * time.Minute, Now: c.Now})
	listsAfter := func(d time.Duration) int {
		t.Helper()
		before, _ := service.calls()
		c.advance(d)
		load(t, source)
		after, _ := service.calls()
		return after - before
	}
	if listsAfter(0) != 1 {
		t.Error("the first Load did not list")
	}
	for range 20 {
		if n := listsAfter(0) + listsAfter(5*time.Minute-1); n != 0 {
			t.Error("a Load listed before half of the interval was over")
		}
		if n := listsAfter(5*time.Minute + 1); n != 1 {
			t.Error("a Load did not list when the interval was over")
		}
	}
	source.Expire()
	if n := listsAfter(0); n != 1 {
		t.Error("a Load did not list after Expire")
	}
	if n := listsAfter(0); n != 0 {
		t.Error("Expire was good for two lists")
	}
	// A list that fails is not made up for by the document of the one before.
	service.with(func(s *server) {
		s.onList = func(*pb.ListSecretVersionsRequest) error { return status.Error(codes.Internal, "out") }
	})
	source.Expire()
	refuse(t, source, "status Internal")
	refuse(t, source, "status Internal")
	service.with(func(s *server) { s.onList = nil })
	if n := listsAfter(0); n != 1 {
		t.Error("a Load did not list after one that failed")
	}
	if n := listsAfter(-time.Minute); n != 1 {
		t.Error("a clock that went back stopped the lists")
	}

	// What the caller does to a document is its own affair.
	text, err := source.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	clear(text)
	load(t, source)
}

// The promise of the documentation: 3,000 nodes that start together, with the default interval and a Load every 30 s.
func TestFleetStaysInTheQuota(t *testing.T) {
	if testing.Short() {
		t.Skip("many calls")
	}
	service, client := start(t)
	service.add(at(1), secret(t, 1).Reveal())
	var c clock
	c.advance(time.Hour)
	// 750 nodes, of which each stands for four: enough for chance not to come near the quota.
	const scale = 4
	nodes := make([]*gcpkeys.Source, 3000/scale)
	for i := range nodes {
		nodes[i] = newSource(t, client, &gcpkeys.Options{Now: c.Now})
		load(t, nodes[i])
	}
	var most, sum int
	const minutes = 120
	perMinute := make([]int, minutes)
	for m := range perMinute {
		before, _ := service.calls()
		for range 2 {
			c.advance(30 * time.Second)
			for _, n := range nodes {
				if _, err := n.Load(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
		}
		after, _ := service.calls()
		perMinute[m] = (after - before) * scale
		most, sum = max(most, perMinute[m]), sum+perMinute[m]
	}
	t.Logf("lists a minute of 3,000 nodes: %d on average, %d at most", sum/minutes, most)
	if most >= 600 || sum/minutes > 280 {
		t.Errorf("lists a minute: %v", perMinute)
	}
}

func TestDocument(t *testing.T) {
	service, client := start(t)
	document := func(generation int64) string {
		text, err := keyfile.Encode(&keyfile.Document{Generation: generation, Keys: []keyfile.Entry{
			{Key: sealring.Key{ID: "a", Secret: secret(t, int(generation))}, Created: at(1)},
		}})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	service.add(at(1), document(1))
	service.add(at(2), document(2))
	o := impatient()
	o.Document = true
	source := newSource(t, client, o)
	if !source.Generated() {
		t.Error("not generated")
	}
	text, err := source.Load(t.Context())
	if err != nil || string(text) != document(2) {
		t.Fatalf("not the newest document: %v", err)
	}
	if _, accesses := service.calls(); accesses != 1 {
		t.Errorf("%d accesses", accesses)
	}
	clear(text)
	if text, _ = source.Load(t.Context()); string(text) != document(2) {
		t.Error("the caller's slice was kept")
	}
	service.add(at(3), document(3))
	if text, _ = source.Load(t.Context()); string(text) != document(3) {
		t.Error("a new version was not taken")
	}
	service.setState(3, pb.SecretVersion_DISABLED)
	if text, _ = source.Load(t.Context()); string(text) != document(2) {
		t.Error("a disabled version was")
	}
	checkRedacted(t, source)

	service.add(at(4), `{"version":1,"generation":5,"`+marker+`":1}`)
	refuse(t, source, "version 4: line 1, column ", "unknown field", "disable this one")
	service.add(at(5), secret(t, 1).Reveal())
	refuse(t, source, "version 5", "leave out Options.Document")
	service.setState(4, pb.SecretVersion_DISABLED)
	service.setState(5, pb.SecretVersion_DESTROYED)
	if text, _ = source.Load(t.Context()); string(text) != document(2) {
		t.Error("there was no way back")
	}
}

func TestNewRefuses(t *testing.T) {
	_, client := start(t)
	for _, name := range []string{
		"", "session-keys", "projects/p/secrets/", "projects//secrets/s", "projects/p/secrets/s/versions/latest",
		"projects/p/secrets/s/", " projects/p/secrets/s", "projects/p/secrets/s\n", "projects/p/secrets/a.b",
		"projects/p/secrets/" + strings.Repeat("s", 256), "projects/p/locations//secrets/s", secret(t, 1).Reveal(),
	} {
		source, err := gcpkeys.New(client, name, nil)
		if source != nil || !errors.Is(err, sealring.ErrConfig) {
			t.Errorf("%q: %v", name, err)
		}
		checkRedacted(t, err)
	}
	if _, err := gcpkeys.New(nil, secretName, nil); !errors.Is(err, sealring.ErrConfig) {
		t.Error(err)
	}
	for _, o := range []gcpkeys.Options{
		{Propagation: -1}, {Interval: -1}, {Timeout: -1}, {Backoff: -1}, {Attempts: -1}, {Attempts: 11},
		{Propagation: time.Minute}, {Interval: 25 * time.Hour},
	} {
		if _, err := gcpkeys.New(client, secretName, &o); !errors.Is(err, sealring.ErrConfig) {
			t.Errorf("%+v: %v", o, err)
		}
	}
	for _, name := range []string{
		"projects/p/secrets/s", "projects/example.com:shop/secrets/S_1", "projects/123/locations/europe-west3/secrets/s-1",
	} {
		if _, err := gcpkeys.New(client, name, &gcpkeys.Options{Document: true, Propagation: 1}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whoever prints a source sees its name and no key.
func TestPrinting(t *testing.T) {
	service, client := start(t)
	service.add(at(1), secret(t, 1).Reveal())
	source := newSource(t, client, nil)
	load(t, source)
	const want = "gcpkeys(" + secretName + ")"
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		if got := fmt.Sprintf(verb, source); got != want {
			t.Errorf("%s: %s", verb, got)
		}
	}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "source", source)
	text, err := json.Marshal(source)
	if err != nil || string(text) != `"`+want+`"` || !strings.Contains(log.String(), string(text)) {
		t.Errorf("%s %v, %s", text, err, &log)
	}
	if (*gcpkeys.Source)(nil).String() != "gcpkeys()" {
		t.Error("nil")
	}
}

func TestConcurrentLoads(t *testing.T) {
	service, client := start(t)
	for n := range 5 {
		service.add(at(n), secret(t, n).Reveal())
	}
	source := newSource(t, client, impatient())
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				source.Expire()
				if _, err := source.Load(t.Context()); err != nil {
					t.Error(err)
				}
				_ = source.String()
			}
		})
	}
	wg.Wait()
	if _, accesses := service.calls(); accesses != 5 {
		t.Errorf("%d accesses", accesses)
	}
}
