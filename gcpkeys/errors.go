package gcpkeys

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/googleapis/gax-go/v2"
	"github.com/googleapis/gax-go/v2/apierror"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/sealring/sealring/internal/failure"
)

// maxBackoff is where the waits between attempts cease to double.
const maxBackoff = 16 * time.Second

// retry makes a call of the client follow our limits in place of its own, which go on for as long as there is time.
func (s *Source) retry(ctx context.Context) gax.CallOption {
	return gax.WithRetry(func() gax.Retryer {
		r := &retryer{left: s.config.Attempts - 1}
		r.backoff = gax.Backoff{Initial: s.config.Backoff, Max: max(s.config.Backoff, maxBackoff), Multiplier: 2}
		r.deadline, _ = ctx.Deadline()
		return r
	})
}

// A retryer decides about the attempts of one call.
type retryer struct {
	backoff  gax.Backoff // its waits are random from nothing to a limit that grows
	left     int
	deadline time.Time
}

// Retry implements gax.Retryer.
func (r *retryer) Retry(err error) (pause time.Duration, again bool) {
	if code := status.Code(err); code != codes.Unavailable && code != codes.ResourceExhausted || r.left <= 0 {
		return 0, false
	}
	r.left--
	pause = r.backoff.Pause()
	// Where there is no time left, what the service said tells more than that there is none.
	return pause, time.Until(r.deadline) > pause
}

// isGone reports whether an access failed because the version has been disabled or destroyed. The same status stands for
// other failures, such as a key of Cloud KMS that is off, and then the version is still part of the ring; so the message
// decides. Should it ever be another, the Load fails, and the next one has a new list.
func isGone(err error) bool {
	if status.Code(err) != codes.FailedPrecondition {
		return false
	}
	said := status.Convert(err).Message()
	return strings.Contains(said, "is in DISABLED state") || strings.Contains(said, "is in DESTROYED state")
}

// A grant is what an account needs for a call.
type grant struct{ permission, role string }

var (
	toList   = grant{"secretmanager.versions.list", "roles/secretmanager.viewer"}
	toAccess = grant{"secretmanager.versions.access", "roles/secretmanager.secretAccessor"}
)

// A callError is a call that failed.
type callError struct {
	text   string
	causes []error
}

func (e *callError) Error() string   { return e.text }
func (e *callError) Unwrap() []error { return e.causes }

// failed returns the error for a call that failed.
func (s *Source) failed(ctx context.Context, err error, doing string, needs grant) error {
	e := &callError{causes: []error{failure.Keyring}}
	switch {
	case ctx.Err() != nil:
		e.causes = append(e.causes, ctx.Err())
	case status.Code(err) == codes.DeadlineExceeded: // the other side may be the first to see that time is over
		e.causes = append(e.causes, context.DeadlineExceeded)
	}
	said := saying(err)
	if holdsSecret(err.Error()) || holdsSecret(said) {
		said = "left out, since a secret is in it"
	} else {
		e.causes = append(e.causes, err)
	}
	e.text = fmt.Sprintf("%v: %s: %s (%s)", failure.Keyring, doing, s.advice(ctx, err, needs), said)
	return e
}

// advice says what a failure means and what to do about it.
func (s *Source) advice(ctx context.Context, err error, needs grant) string {
	code := status.Code(err)
	switch {
	case errors.Is(ctx.Err(), context.Canceled):
		return "canceled"
	case ctx.Err() != nil || code == codes.DeadlineExceeded:
		return fmt.Sprintf("no answer in time; Options.Timeout is %v", s.config.Timeout)
	}
	switch code {
	case codes.PermissionDenied:
		if api, ok := apierror.FromError(err); ok && api.Reason() == "SERVICE_DISABLED" {
			return "the API is off in this project; run gcloud services enable secretmanager.googleapis.com"
		}
		return fmt.Sprintf("the account lacks the permission %s, or there is no such secret; grant it %s on the secret",
			needs.permission, needs.role)
	case codes.Unauthenticated:
		return "the client has no valid credentials; give the service an account, or run gcloud auth application-default login"
	case codes.NotFound:
		return "there is no such secret or version; see gcloud secrets list, and whether the client is one for its region"
	case codes.FailedPrecondition:
		return "the service cannot give the payload; see whether the key of Cloud KMS that encrypts the secret is enabled"
	case codes.ResourceExhausted:
		return "the quota is used up; raise Options.Interval, or ask for more quota"
	case codes.Unavailable:
		return fmt.Sprintf("the service is not available, after up to %d attempts", s.config.Attempts)
	}
	return "status " + code.String()
}

// maxSaid is how much of a message an error shows, in bytes: it is the service's, and its length, too.
const maxSaid = 300

// saying returns the message of an error, on one line.
func saying(err error) string {
	said := strings.Join(strings.Fields(status.Convert(err).Message()), " ")
	if len(said) > maxSaid {
		said = said[:maxSaid] + "…"
	}
	return strings.ToValidUTF8(said, "")
}

// holdsSecret reports whether a message holds the text of a secret, which no message should.
func holdsSecret(text string) bool { return strings.Contains(text, "srk1_") }
