package gcpkeys_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sealring/sealring"
)

// A rotation, told from two nodes that list at different times, with an outage in its middle: what one seals the other
// opens at every moment, and nobody is logged out.
func TestRotationWithOutage(t *testing.T) {
	service, client := start(t)
	now := at(0).Add(time.Hour)
	type node struct {
		load func()
		ring *sealring.Keyring
		use  *sealring.Codec[string]
	}
	newNode := func() *node {
		n := &node{}
		source := newSource(t, client, impatient())
		n.load = func() {
			keys := load(t, source).SealringKeys()
			if n.ring == nil {
				n.ring = new(sealring.Keyring)
			}
			if err := n.ring.Replace(keys...); err != nil {
				t.Fatal(err)
			}
		}
		n.load()
		var err error
		n.use, err = sealring.NewCodec[string](n.ring, "session", &sealring.Options{
			TTL: 90 * 24 * time.Hour, Now: func() time.Time { return now },
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	var tokens []string
	everybodyIsFine := func(nodes ...*node) {
		t.Helper()
		for _, n := range nodes {
			token, err := n.use.Seal("user")
			if err != nil {
				t.Fatal(err)
			}
			tokens = append(tokens, token)
		}
		for _, n := range nodes {
			for _, token := range tokens {
				if _, err := n.use.Open(token); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	primary := func(n *node) string {
		id, _ := n.ring.Primary(now)
		return id
	}

	service.add(at(0), secret(t, 1).Reveal())
	a, b := newNode(), newNode()
	everybodyIsFine(a, b)

	// A key is added. Node a has it soon; then the service is out, and node b keeps what it has.
	service.add(now, secret(t, 2).Reveal())
	a.load()
	outage := newSource(t, client, impatient())
	service.with(func(s *server) {
		s.onList = func(*pb.ListSecretVersionsRequest) error { return status.Error(codes.Unavailable, "out") }
	})
	for range 3 {
		now = now.Add(10 * time.Minute)
		refuse(t, outage, "not available")
		everybodyIsFine(a, b)
		if primary(a) != secret(t, 1).KeyID() || primary(b) != secret(t, 1).KeyID() {
			t.Error("the new key seals before its time")
		}
	}
	service.with(func(s *server) { s.onList = nil })
	load(t, outage)
	b.load()
	everybodyIsFine(a, b)

	// It begins to seal, on both at once.
	now = now.Add(30 * time.Minute)
	if primary(a) != secret(t, 2).KeyID() || primary(b) != secret(t, 2).KeyID() {
		t.Error("the new key does not seal")
	}
	everybodyIsFine(a, b)

	// When the old key's tokens have expired it is disabled, on one node before the other.
	now = now.AddDate(0, 0, 91)
	tokens = nil
	everybodyIsFine(a, b)
	service.setState(1, pb.SecretVersion_DISABLED)
	a.load()
	everybodyIsFine(a, b)
	b.load()
	everybodyIsFine(a, b)
	if len(a.ring.Keys()) != 1 {
		t.Error("the old key is still there")
	}
}

func TestStates(t *testing.T) {
	service, client := start(t)
	for n := 1; n <= 6; n++ {
		service.add(at(n), secret(t, n).Reveal())
	}
	service.setState(1, pb.SecretVersion_DESTROYED)
	service.setState(2, pb.SecretVersion_DISABLED)
	service.set(3, func(v *pb.SecretVersion) {
		v.State, v.ScheduledDestroyTime = pb.SecretVersion_DISABLED, timestamppb.New(at(100))
	})
	service.set(4, func(v *pb.SecretVersion) { v.ScheduledDestroyTime = timestamppb.New(at(100)) })
	service.set(6, func(v *pb.SecretVersion) { v.State = pb.SecretVersion_STATE_UNSPECIFIED })
	keys := load(t, newSource(t, client, impatient())).Keys
	if len(keys) != 1 || keys[0].ID != secret(t, 5).KeyID() || !keys[0].SealFrom.Equal(millis(at(5))) {
		t.Errorf("%+v", keys)
	}
	for name := range service.accesses {
		if name != canonicalName+"/versions/5" {
			t.Errorf("%s was accessed", name)
		}
	}
}

// A leaked key is disabled: the next one seals at once, before its time.
func TestEmergency(t *testing.T) {
	service, client := start(t)
	service.add(at(1), secret(t, 1).Reveal())
	service.add(at(50), secret(t, 2).Reveal())
	source := newSource(t, client, nil)
	load(t, source)
	service.setState(1, pb.SecretVersion_DISABLED)
	source.Expire()
	ring, err := sealring.NewKeyring(load(t, source).SealringKeys()...)
	if err != nil {
		t.Fatal(err)
	}
	if id, ok := ring.Primary(at(50)); !ok || id != secret(t, 2).KeyID() {
		t.Error("the key that is left does not seal")
	}
}

// Pages come in any order and sizes; the document is always the same.
func TestPages(t *testing.T) {
	const versions = 50
	service, client := start(t)
	for n := 1; n <= versions; n++ {
		service.add(at(n), secret(t, n).Reveal())
	}
	want, err := newSource(t, client, impatient()).Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if lists, accesses := service.calls(); lists != 1 || accesses != versions {
		t.Errorf("%d lists and %d accesses", lists, accesses)
	}
	for _, size := range []int{1, 7, 49, 50, 51} {
		service.with(func(s *server) { s.pageSize, s.lists = size, 0 })
		got, err := newSource(t, client, impatient()).Load(t.Context())
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("pages of %d: another document, %v", size, err)
		}
		if lists, _ := service.calls(); lists != (versions+size-1)/size {
			t.Errorf("pages of %d: %d lists", size, lists)
		}
	}
	service.with(func(s *server) { slices.Reverse(s.versions) })
	if got, err := newSource(t, client, impatient()).Load(t.Context()); err != nil || !bytes.Equal(got, want) {
		t.Errorf("oldest first: another document, %v", err)
	}

	// A version that is added between two pages moves the rest, so that one comes twice.
	service.with(func(s *server) {
		slices.Reverse(s.versions)
		s.pageSize = 10
		s.onList = func(r *pb.ListSecretVersionsRequest) error {
			if r.GetPageToken() == "10" {
				service.add(at(versions+1), secret(t, versions+1).Reveal())
			}
			return nil
		}
	})
	if got, err := newSource(t, client, impatient()).Load(t.Context()); err != nil || !bytes.Equal(got, want) {
		t.Errorf("another document, %v", err)
	}
}

// An outage between two pages is no shorter list.
func TestOutageBetweenPages(t *testing.T) {
	service, client := start(t)
	for n := 1; n <= 9; n++ {
		service.add(at(n), secret(t, n).Reveal())
	}
	service.pageSize = 3
	source := newSource(t, client, impatient())
	service.onList = func(r *pb.ListSecretVersionsRequest) error {
		if r.GetPageToken() == "6" {
			return status.Error(codes.Unavailable, "out")
		}
		return nil
	}
	refuse(t, source, "not available")
	service.with(func(s *server) { s.onList = nil })
	if d := load(t, source); len(d.Keys) != 9 {
		t.Errorf("%d keys", len(d.Keys))
	}
}

// Versions of one moment seal from different times, the same on every node, and in the order of their numbers.
func TestTies(t *testing.T) {
	service, client := start(t)
	times := []time.Time{at(1), at(1), at(1).Add(100 * time.Nanosecond), at(2), at(2), at(2).Add(time.Millisecond)}
	for n, created := range times {
		service.add(created, secret(t, n).Reveal())
	}
	o := impatient()
	keys := load(t, newSource(t, client, o)).Keys
	var got []string
	for _, k := range keys {
		got = append(got, fmt.Sprintf("%s %v", k.ID, k.SealFrom.Sub(millis(at(1)))))
	}
	var want []string
	for n, after := range []time.Duration{
		0, time.Hour, time.Hour + time.Millisecond,
		25 * time.Hour, 25*time.Hour + time.Millisecond, 25*time.Hour + 2*time.Millisecond,
	} {
		want = append(want, fmt.Sprintf("%s %v", secret(t, n).KeyID(), after))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}

	o.Propagation = time.Nanosecond
	load(t, newSource(t, client, o)) // where nothing but the tie-break keeps them apart
}

func TestTooManyVersions(t *testing.T) {
	service, client := start(t)
	for n := 1; n <= 1001; n++ {
		service.add(at(n), secret(t, n).Reveal())
	}
	source := newSource(t, client, impatient())
	refuse(t, source, "more than 1000 versions are enabled")
	if _, accesses := service.calls(); accesses != 0 {
		t.Errorf("%d accesses", accesses)
	}
	service.setState(500, pb.SecretVersion_DESTROYED)
	if d := load(t, source); len(d.Keys) != 1000 {
		t.Errorf("%d keys", len(d.Keys))
	}

	// Destroyed versions stay in the list, so there may be many, up to a limit that bounds a list without an end.
	service.changeList = func(r *pb.ListSecretVersionsResponse) {
		r.NextPageToken = "0"
		for i, v := range r.Versions {
			service.lists++
			v.State = pb.SecretVersion_DESTROYED
			v.Name = fmt.Sprintf("%s/versions/%d", canonicalName, service.lists*2000+i)
		}
	}
	refuse(t, source, "more than 25000 versions")
}

// The service is eventually consistent: a list may be older than the one before it. That is no reason to log people out.
func TestListOutOfDate(t *testing.T) {
	for _, document := range []bool{false, true} {
		service, client := start(t)
		payload := func(n int) string {
			if document {
				return fmt.Sprintf(`{"version":1,"generation":%d,"keys":[{"id":"a","secret":"%s","created":"2026-01-01T00:00:00.000Z"}]}`,
					n, secret(t, 1).Reveal())
			}
			return secret(t, n).Reveal()
		}
		service.add(at(1), payload(1))
		service.add(at(2), payload(2))
		o := impatient()
		o.Document = document
		source := newSource(t, client, o)
		load(t, source)
		service.changeList = func(r *pb.ListSecretVersionsResponse) { r.Versions = r.Versions[1:] }
		refuse(t, source, "the list lacks version 2", "out of date")
		service.with(func(s *server) { s.changeList = nil })
		load(t, source)

		// Also where version 1 is no longer in the ring.
		service.setState(1, pb.SecretVersion_DISABLED)
		load(t, source)
		service.with(func(s *server) {
			s.changeList = func(r *pb.ListSecretVersionsResponse) {
				r.Versions = r.Versions[1:]
				r.Versions[0].State = pb.SecretVersion_ENABLED
			}
		})
		refuse(t, source, "the list lacks version 2")
		service.with(func(s *server) { s.changeList = nil })
		load(t, source)

		// A secret that was deleted and made anew has other versions of the same numbers.
		service.with(func(s *server) { s.versions = nil })
		refuse(t, source, "no version is enabled")
		service.add(at(30), payload(7))
		d := load(t, source)
		if !document && (len(d.Keys) != 1 || d.Keys[0].ID != secret(t, 7).KeyID()) || document && d.Generation != 7 {
			t.Errorf("%+v", d)
		}
	}
}
