package gcpkeys_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash/crc32"
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"
	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/gcpkeys"
	"github.com/sealring/sealring/keyfile"
)

// What the tests of this package share: Secret Manager as far as a Source needs it, on loopback, for the real client.

const (
	secretName = "projects/shop-prod/secrets/session-keys"
	// The service answers with the number of the project, whatever was asked for.
	canonicalName = "projects/123456789/secrets/session-keys"
)

// A server has one secret. Its hooks, where set, decide before it does.
type server struct {
	pb.UnimplementedSecretManagerServiceServer

	mu       sync.Mutex
	versions []*storedVersion // newest first, as the service lists them
	pageSize int              // at most so many in one answer
	lists    int              // calls
	accesses map[string]int   // calls, by name

	onList   func(*pb.ListSecretVersionsRequest) error
	onAccess func(name string) error
	// change alters an answer on its way to the client.
	changeList   func(*pb.ListSecretVersionsResponse)
	changeAccess func(*pb.AccessSecretVersionResponse)
}

type storedVersion struct {
	*pb.SecretVersion
	payload []byte
}

// start returns a server and the client of it.
func start(t testing.TB) (*server, *secretmanager.Client) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{pageSize: 25000, accesses: map[string]int{}}
	g := grpc.NewServer()
	pb.RegisterSecretManagerServiceServer(g, s)
	done := make(chan struct{})
	go func() {
		defer close(done)
		g.Serve(listener)
	}()
	t.Cleanup(func() {
		g.Stop()
		<-done
	})

	client, err := secretmanager.NewClient(context.Background(),
		option.WithEndpoint(listener.Addr().String()),
		option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return s, client
}

// add adds an enabled version and returns its number.
func (s *server) add(created time.Time, payload string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := len(s.versions) + 1
	s.versions = slices.Insert(s.versions, 0, &storedVersion{&pb.SecretVersion{
		Name:       canonicalName + "/versions/" + strconv.Itoa(n),
		CreateTime: timestamppb.New(created),
		State:      pb.SecretVersion_ENABLED,
		Etag:       "etag",
	}, []byte(payload)})
	return n
}

// set changes a version.
func (s *server) set(number int, change func(*pb.SecretVersion)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s.versions[len(s.versions)-number].SecretVersion)
}

func (s *server) setState(number int, state pb.SecretVersion_State) {
	s.set(number, func(v *pb.SecretVersion) { v.State = state })
}

// with changes the server itself.
func (s *server) with(change func(*server)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// calls returns how many lists and accesses there have been.
func (s *server) calls() (lists, accesses int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range s.accesses {
		accesses += n
	}
	return s.lists, accesses
}

func (s *server) ListSecretVersions(
	_ context.Context, request *pb.ListSecretVersionsRequest,
) (*pb.ListSecretVersionsResponse, error) {
	s.mu.Lock()
	s.lists++
	hook := s.onList
	s.mu.Unlock()
	if hook != nil {
		if err := hook(request); err != nil {
			return nil, err
		}
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	if request.GetParent() != secretName {
		return nil, status.Errorf(codes.NotFound, "Secret [%s] not found.", request.GetParent())
	}
	at := 0
	if token := request.GetPageToken(); token != "" {
		var err error
		if at, err = strconv.Atoi(token); err != nil || at > len(s.versions) {
			return nil, status.Error(codes.InvalidArgument, "page_token is invalid.")
		}
	}
	size := s.pageSize
	if n := int(request.GetPageSize()); n > 0 {
		size = min(size, n)
	}
	answer := &pb.ListSecretVersionsResponse{TotalSize: int32(len(s.versions))}
	end := min(at+size, len(s.versions))
	for _, v := range s.versions[at:end] {
		answer.Versions = append(answer.Versions, proto.CloneOf(v.SecretVersion))
	}
	if end < len(s.versions) {
		answer.NextPageToken = strconv.Itoa(end)
	}
	if s.changeList != nil {
		s.changeList(answer)
	}
	return answer, nil
}

func (s *server) AccessSecretVersion(
	_ context.Context, request *pb.AccessSecretVersionRequest,
) (*pb.AccessSecretVersionResponse, error) {
	name := request.GetName()
	s.mu.Lock()
	s.accesses[name]++
	hook := s.onAccess
	s.mu.Unlock()
	if hook != nil {
		if err := hook(name); err != nil {
			return nil, err
		}
	}

	s.mu.Lock()
	defer s.mu.Unlock()
	for _, v := range s.versions {
		if v.Name != name {
			continue
		}
		if v.State != pb.SecretVersion_ENABLED {
			return nil, status.Errorf(codes.FailedPrecondition, "Secret Version [%s] is in %s state.", name, v.State)
		}
		sum := int64(crc32.Checksum(v.payload, crc32.MakeTable(crc32.Castagnoli)))
		answer := &pb.AccessSecretVersionResponse{
			Name:    name,
			Payload: &pb.SecretPayload{Data: slices.Clone(v.payload), DataCrc32C: &sum},
		}
		if s.changeAccess != nil {
			s.changeAccess(answer)
		}
		return answer, nil
	}
	return nil, status.Errorf(codes.NotFound, "Secret Version [%s] not found.", name)
}

// secret returns a fixed secret of its own for each number.
func secret(t testing.TB, n int) sealring.Secret {
	t.Helper()
	b := sha256.Sum256(fmt.Appendf(nil, "sealring gcpkeys test %d", n))
	s, err := sealring.NewSecret(b[:])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// at returns a time that is not of whole milliseconds, as the service has them.
func at(days int) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 123456789, time.UTC).AddDate(0, 0, days)
}

// millis cuts a time off as the format does.
func millis(t time.Time) time.Time { return t.Truncate(time.Millisecond) }

// impatient are options for tests: every Load lists, and no wait is long.
func impatient() *gcpkeys.Options {
	return &gcpkeys.Options{Interval: 1, Backoff: time.Millisecond, Propagation: time.Hour}
}

func newSource(t testing.TB, client *secretmanager.Client, o *gcpkeys.Options) *gcpkeys.Source {
	t.Helper()
	s, err := gcpkeys.New(client, secretName, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// load returns the document of a Load that must succeed, of which a ring can be made.
func load(t testing.TB, s *gcpkeys.Source) *keyfile.Document {
	t.Helper()
	text, err := s.Load(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	d, err := keyfile.Parse(text)
	if err != nil {
		t.Fatalf("%v", err)
	}
	if _, err := sealring.NewKeyring(d.SealringKeys()...); err != nil {
		t.Fatal(err)
	}
	return d
}

// refuse returns the error of a Load that must fail, with some words in its message and none of the secrets.
func refuse(t testing.TB, s *gcpkeys.Source, words ...string) error {
	t.Helper()
	text, err := s.Load(t.Context())
	if err == nil || text != nil {
		t.Fatalf("%d bytes and the error %v; want an error", len(text), err)
	}
	checkError(t, err)
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not have %q", err, w)
		}
	}
	return err
}

// checkError checks what holds for every error of Load.
func checkError(t testing.TB, err error) {
	t.Helper()
	if !errors.Is(err, sealring.ErrKeyring) || !errors.Is(err, sealring.ErrInvalid) {
		t.Errorf("%q is not of its class", err)
	}
	if strings.Count(err.Error(), "sealring: ") != 1 || !strings.HasPrefix(err.Error(), "sealring: keyring refused: ") {
		t.Errorf("%q does not begin as every message", err)
	}
	checkRedacted(t, err)
}

// checkRedacted checks that nothing of a payload shows when a value, or what it wraps, is printed.
func checkRedacted(t testing.TB, v any) {
	t.Helper()
	parts := []string{marker}
	for n := range 10 {
		parts = append(parts, secret(t, n).Reveal()[len("srk1_"):][:8])
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		text := fmt.Sprintf(verb, v)
		for _, part := range parts {
			if strings.Contains(text, part) || strings.Contains(text, fmt.Sprintf("%x", part)) {
				t.Errorf("%s shows a part of a payload: %s", verb, text)
			}
		}
	}
	switch e := v.(type) {
	case interface{ Unwrap() error }:
		checkRedacted(t, e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			checkRedacted(t, cause)
		}
	}
}

// marker is a part of every payload that is garbage, so that a test can see whether it shows somewhere.
const marker = "M4rk3r"
