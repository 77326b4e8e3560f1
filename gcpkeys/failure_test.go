package gcpkeys_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pb "cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/sealring/sealring/gcpkeys"
)

// What is wrong with a payload is said with the version and what to do, and asked for once.
func TestGarbagePayloads(t *testing.T) {
	good := secret(t, 9).Reveal()
	for _, test := range []struct{ payload, advice string }{
		{good + "\n", "line feed"},
		{good + "\r\n", "line feed"},
		{" " + good, "white space"},
		{"\ufeff" + good, "begins with srk1_"},
		{"", "begins with srk1_"},
		{good[:len(good)-1], "42"},
		{good + "A", "44"},
		{good[:20] + "=" + good[21:], "base64url"},
		{"srk1_" + strings.Repeat("A", 43), "random"},
		{"SRK1_" + good[5:] + marker, "begins with srk1_"},
		{strings.Repeat("6d", 32) + marker, "sealring keys import"},
		{"\x00\xff\xfe" + marker, "begins with srk1_"},
		{`{"version":1,"` + marker + `":`, "Options.Document"},
		{strings.Repeat(marker, 65536/len(marker)), "disable this one"},
		{"srk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", "publishes"},
	} {
		service, client := start(t)
		service.add(at(1), secret(t, 1).Reveal())
		bad := service.add(at(2), test.payload)
		source := newSource(t, client, impatient())
		err := refuse(t, source, test.advice, secretName)
		if test.advice != "publishes" && !strings.Contains(err.Error(), "version 2") {
			t.Errorf("%q does not say which version", err)
		}
		for _, part := range []string{good[5:], good[10:20]} {
			if strings.Contains(err.Error(), part) {
				t.Errorf("%q has a part of the secret", err)
			}
		}
		refuse(t, source, test.advice)
		if _, accesses := service.calls(); accesses != 2 {
			t.Errorf("%q: %d accesses", test.advice, accesses)
		}
		service.setState(bad, pb.SecretVersion_DISABLED)
		if d := load(t, source); len(d.Keys) != 1 {
			t.Errorf("%d keys when the garbage was disabled", len(d.Keys))
		}
	}
}

func TestOneKeyTwice(t *testing.T) {
	service, client := start(t)
	service.add(at(1), secret(t, 1).Reveal())
	service.add(at(2), secret(t, 2).Reveal())
	service.add(at(3), secret(t, 1).Reveal())
	refuse(t, newSource(t, client, impatient()), "versions 1 and 3 are the same key")
}

func TestNoEnabledVersion(t *testing.T) {
	service, client := start(t)
	source := newSource(t, client, impatient())
	refuse(t, source, "no version is enabled", "gcloud secrets versions add")
	service.add(at(1), secret(t, 1).Reveal())
	load(t, source)
	service.setState(1, pb.SecretVersion_DISABLED)
	refuse(t, source, "no version is enabled")
	service.setState(1, pb.SecretVersion_DESTROYED)
	refuse(t, source, "no version is enabled")
}

// What the service answers is not trusted.
func TestGarbageAnswers(t *testing.T) {
	sum := func(n int64) func(*pb.AccessSecretVersionResponse) {
		return func(r *pb.AccessSecretVersionResponse) { r.Payload.DataCrc32C = &n }
	}
	for name, change := range map[string]func(*pb.AccessSecretVersionResponse){
		"sum, so it was damaged":   sum(1),
		"have the sum":             sum(-1),
		"does not have the sum":    func(r *pb.AccessSecretVersionResponse) { r.Payload.Data[7] ^= 1 },
		"damaged":                  func(r *pb.AccessSecretVersionResponse) { r.Payload.Data = nil },
		"without data_crc32c":      func(r *pb.AccessSecretVersionResponse) { r.Payload.DataCrc32C = nil },
		"whole":                    func(r *pb.AccessSecretVersionResponse) { r.Payload = nil },
		"another version came for": func(r *pb.AccessSecretVersionResponse) { r.Name = canonicalName + "/versions/2" },
		"another version":          func(r *pb.AccessSecretVersionResponse) { r.Name = "" },
	} {
		service, client := start(t)
		service.add(at(1), secret(t, 1).Reveal())
		service.changeAccess = change
		source := newSource(t, client, impatient())
		refuse(t, source, strings.TrimPrefix(name, "sum, so it was "), "version 1")
		service.with(func(s *server) { s.changeAccess = nil })
		load(t, source) // nothing of it was kept
	}

	for name, change := range map[string]func(*pb.SecretVersion){
		"no name":        func(v *pb.SecretVersion) { v.Name = "" },
		"other secret":   func(v *pb.SecretVersion) { v.Name = "projects/1/secrets/other/versions/1" },
		"suffix":         func(v *pb.SecretVersion) { v.Name = "projects/1/secrets/x-session-keys/versions/1" },
		"latest":         func(v *pb.SecretVersion) { v.Name = canonicalName + "/versions/latest" },
		"zero":           func(v *pb.SecretVersion) { v.Name = canonicalName + "/versions/0" },
		"leading zero":   func(v *pb.SecretVersion) { v.Name = canonicalName + "/versions/01" },
		"sign":           func(v *pb.SecretVersion) { v.Name = canonicalName + "/versions/+1" },
		"more":           func(v *pb.SecretVersion) { v.Name = canonicalName + "/versions/1/versions/1" },
		"overflow":       func(v *pb.SecretVersion) { v.Name = canonicalName + "/versions/18446744073709551617" },
		"no time":        func(v *pb.SecretVersion) { v.CreateTime = nil },
		"time before":    func(v *pb.SecretVersion) { v.CreateTime = &timestamppb.Timestamp{Seconds: -1} },
		"time after":     func(v *pb.SecretVersion) { v.CreateTime = timestamppb.New(time.Date(9000, 1, 1, 0, 0, 0, 0, time.UTC)) },
		"time and nanos": func(v *pb.SecretVersion) { v.CreateTime = &timestamppb.Timestamp{Seconds: 1, Nanos: 1e9} },
		"time and years": func(v *pb.SecretVersion) { v.CreateTime = &timestamppb.Timestamp{Seconds: 1 << 62} },
	} {
		service, client := start(t)
		service.add(at(1), secret(t, 1).Reveal())
		service.changeList = func(r *pb.ListSecretVersionsResponse) { change(r.Versions[0]) }
		err := refuse(t, newSource(t, client, impatient()), "see what answers there")
		if strings.Contains(name, "time") != strings.Contains(err.Error(), "creation time") {
			t.Errorf("%s: %v", name, err)
		}
	}

	// A state that there is not, yet.
	service, client := start(t)
	service.add(at(1), secret(t, 1).Reveal())
	service.add(at(2), secret(t, 2).Reveal())
	service.setState(2, 77)
	if d := load(t, newSource(t, client, impatient())); len(d.Keys) != 1 {
		t.Error("an unknown state was taken for enabled")
	}
}

// Failures of calls: what the error says, and whether the call is tried again.
func TestFailedCalls(t *testing.T) {
	disabled, err := status.New(codes.PermissionDenied, "Secret Manager API has not been used").
		WithDetails(&errdetails.ErrorInfo{Reason: "SERVICE_DISABLED", Domain: "googleapis.com"})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name         string
		answer       *status.Status
		tries        int
		list, access string // what the error says
	}{
		{
			name: "denied", answer: status.New(codes.PermissionDenied, "Permission denied on resource (or it may not exist)."),
			tries: 1, list: "secretmanager.versions.list, or there is no such secret; grant it roles/secretmanager.viewer on",
			access: "secretmanager.versions.access, or there is no such secret; grant it roles/secretmanager.secretAccessor on",
		},
		{name: "off", answer: disabled, tries: 1, list: "gcloud services enable", access: "gcloud services enable"},
		{
			name: "stranger", answer: status.New(codes.Unauthenticated, "invalid"), tries: 1,
			list: "credentials", access: "credentials",
		},
		{name: "gone", answer: status.New(codes.NotFound, "not found"), tries: 1, list: "no such secret", access: "no such secret"},
		{
			name: "kms", answer: status.New(codes.FailedPrecondition, "CMEK is disabled"), tries: 1,
			list: "Cloud KMS", access: "Cloud KMS",
		},
		{name: "quota", answer: status.New(codes.ResourceExhausted, "quota"), tries: 3, list: "quota is used up", access: "Options.Interval"},
		{name: "outage", answer: status.New(codes.Unavailable, "try later"), tries: 3, list: "up to 3 attempts", access: "(try later)"},
		{name: "bug", answer: status.New(codes.Internal, "a\nb\tc"), tries: 1, list: "status Internal (a b c)", access: "status Internal"},
		{name: "late", answer: status.New(codes.DeadlineExceeded, "late"), tries: 1, list: "no answer in time", access: "in time"},
		{name: "long", answer: status.New(codes.Internal, strings.Repeat("é", 9999)), tries: 1, list: "é…)", access: "é…)"},
		{
			name: "leak", answer: status.New(codes.Internal, "payload "+secret(t, 1).Reveal()+" is odd"), tries: 1,
			list: "left out", access: "left out",
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			service, client := start(t)
			service.add(at(1), secret(t, 1).Reveal())
			o := impatient()
			o.Attempts = 3
			source := newSource(t, client, o)

			service.with(func(s *server) { s.onList = func(*pb.ListSecretVersionsRequest) error { return test.answer.Err() } })
			err := refuse(t, source, test.list, "listing the versions of "+secretName)
			if lists, accesses := service.calls(); lists != test.tries || accesses != 0 {
				t.Errorf("%d lists and %d accesses", lists, accesses)
			}
			if code := status.Code(err); code != test.answer.Code() && test.name != "leak" {
				t.Errorf("the status of %q is %v", err, code)
			}
			if len(err.Error()) > 700 {
				t.Errorf("%d bytes of an error", len(err.Error()))
			}

			service.with(func(s *server) {
				s.onList = nil
				s.onAccess = func(string) error { return test.answer.Err() }
			})
			refuse(t, source, test.access, "accessing version 1 of "+secretName)
			if _, accesses := service.calls(); accesses != test.tries {
				t.Errorf("%d accesses", accesses)
			}
			service.with(func(s *server) { s.onAccess = nil })
			load(t, source)
		})
	}
}

// A short failure does not show.
func TestRetry(t *testing.T) {
	for _, code := range []codes.Code{codes.Unavailable, codes.ResourceExhausted} {
		service, client := start(t)
		service.add(at(1), secret(t, 1).Reveal())
		var calls atomic.Int64
		fail := func() error {
			if calls.Add(1)%4 != 0 {
				return status.Error(code, "later")
			}
			return nil
		}
		service.onList = func(*pb.ListSecretVersionsRequest) error { return fail() }
		service.onAccess = func(string) error { return fail() }
		load(t, newSource(t, client, impatient()))
		if calls.Load() != 8 {
			t.Errorf("%v: %d calls", code, calls.Load())
		}
	}
}

// Where no time is left for another attempt, the error is what the service said, and it comes at once.
func TestNoTimeToRetry(t *testing.T) {
	service, client := start(t)
	service.onList = func(*pb.ListSecretVersionsRequest) error { return status.Error(codes.Unavailable, "later") }
	source := newSource(t, client, &gcpkeys.Options{Timeout: 20 * time.Second, Backoff: time.Hour * 24 * 365})
	began := time.Now()
	refuse(t, source, "not available")
	if time.Since(began) > 10*time.Second {
		t.Error("it waited for an attempt that could not be")
	}
}

func TestSlowAnswers(t *testing.T) {
	service, client := start(t)
	service.add(at(1), secret(t, 1).Reveal())
	service.add(at(2), secret(t, 2).Reveal())
	release := make(chan struct{})
	slow := func(name string) error {
		if strings.HasSuffix(name, "/2") {
			<-release
		}
		return nil
	}
	service.onAccess = slow
	o := impatient()
	o.Timeout = time.Second
	source := newSource(t, client, o)
	err := refuse(t, source, "accessing version 2", "no answer in time; Options.Timeout is 1s")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error("it does not match context.DeadlineExceeded")
	}

	// The caller's own deadline and cancellation count, too.
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := source.Load(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, err := source.Load(ctx); !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "canceled") {
		t.Error(err)
	} else {
		checkError(t, err)
	}

	// While one Load is stuck, another gives up by its own deadline.
	stuck := make(chan error)
	entered := make(chan struct{})
	service.with(func(s *server) {
		s.onAccess = func(name string) error {
			close(entered)
			return slow(name)
		}
	})
	patient := newSource(t, client, &gcpkeys.Options{Interval: 1})
	service.setState(1, pb.SecretVersion_DISABLED)
	go func() {
		_, err := patient.Load(context.Background())
		stuck <- err
	}()
	<-entered
	ctx, cancel = context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := patient.Load(ctx); !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "its turn") {
		t.Error(err)
	}
	close(release)
	if err := <-stuck; err != nil {
		t.Error(err)
	}
}

// The first Load of many versions may take longer than it has. What it has accessed is not accessed again.
func TestTimeoutKeepsProgress(t *testing.T) {
	service, client := start(t)
	for n := range 10 {
		service.add(at(n), secret(t, n).Reveal())
	}
	var late atomic.Bool
	late.Store(true)
	release := make(chan struct{})
	service.onAccess = func(name string) error {
		if late.Load() && strings.HasSuffix(name, "/6") {
			<-release
		}
		return nil
	}
	o := impatient()
	o.Timeout = time.Second
	source := newSource(t, client, o)
	refuse(t, source, "version 6")
	late.Store(false)
	close(release)
	if d := load(t, source); len(d.Keys) != 10 {
		t.Errorf("%d keys", len(d.Keys))
	}
	if _, accesses := service.calls(); accesses != 11 {
		t.Errorf("%d accesses", accesses)
	}
}

// A version that is disabled or destroyed between the list and its access is out, and the rest is a ring.
func TestVersionGoesMeanwhile(t *testing.T) {
	for _, state := range []pb.SecretVersion_State{pb.SecretVersion_DISABLED, pb.SecretVersion_DESTROYED} {
		service, client := start(t)
		for n := 1; n <= 3; n++ {
			service.add(at(n), secret(t, n).Reveal())
		}
		service.onAccess = func(name string) error {
			if strings.HasSuffix(name, "/1") {
				service.setState(1, state)
			}
			return nil
		}
		source := newSource(t, client, impatient())
		d := load(t, source)
		if len(d.Keys) != 2 || d.Keys[0].ID != secret(t, 2).KeyID() || !d.Keys[0].SealFrom.Equal(millis(at(2))) {
			t.Errorf("%v: %+v", state, shown(d))
		}
		load(t, source)
	}

	// All of them.
	service, client := start(t)
	service.add(at(1), secret(t, 1).Reveal())
	for _, document := range []bool{false, true} {
		service.setState(1, pb.SecretVersion_ENABLED)
		service.with(func(s *server) {
			s.onAccess = func(string) error {
				service.setState(1, pb.SecretVersion_DISABLED)
				return nil
			}
		})
		o := impatient()
		o.Document = document
		source := newSource(t, client, o)
		refuse(t, source, "enabled any more")
		service.setState(1, pb.SecretVersion_ENABLED)
		service.with(func(s *server) {
			s.onAccess = func(string) error { return status.Error(codes.PermissionDenied, "no") }
		})
		refuse(t, source, "secretmanager.versions.access")
	}

	// The whole secret.
	service.setState(1, pb.SecretVersion_ENABLED)
	service.with(func(s *server) {
		s.onAccess = func(string) error {
			service.with(func(s *server) { s.versions = nil })
			return nil
		}
	})
	refuse(t, newSource(t, client, impatient()), "no such secret or version")
}
