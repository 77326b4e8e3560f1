package sessions

import (
	"errors"
	"strings"

	"github.com/sealring/sealring/internal/failure"
)

// The classes of failure, for errors.Is. An error of a store, of a callback or of sealing is within the one that is
// returned, so errors.Is finds context.Canceled and sealring.ErrTooLarge too. No error holds an ID, a value, a subject or
// a label.
var (
	// ErrNoSession: there is no such session. It never was, it has expired, it was invalidated or revoked, or what the
	// store has for it does not open. Let the user sign in.
	ErrNoSession = errors.New("sessions: no session")
	// ErrConflict: the session is there, and somebody else has saved it since it was loaded. Load it again.
	ErrConflict = errors.New("sessions: saved by somebody else in the meantime")
	// ErrStore: the store or Options.RevokedBefore failed, so nobody knows. It is no answer about the session; what was to
	// be written may or may not have been.
	ErrStore = errors.New("sessions: the store failed")
	// ErrSeal: the session cannot be sealed: its value does not encode or is too large, or no key seals now. Nothing was
	// written.
	ErrSeal = errors.New("sessions: the session cannot be sealed")
	// ErrSubject: a subject that is empty or has more than 1,024 bytes. Nothing was written.
	ErrSubject = errors.New("sessions: a subject has 1 to 1,024 bytes")
	// ErrCookieSize: the session does not fit into a cookie, of which browsers keep 4,096 bytes. No cookie was set.
	ErrCookieSize = errors.New("sessions: the session does not fit into a cookie")
	// ErrHeadersSent: the headers of the response have been sent, so no cookie can be set any more. Nothing was written.
	ErrHeadersSent = errors.New("sessions: the headers have been sent")
	// ErrConfig: options or a type that no Manager or Web can be made of, or a context that did not come from Web.Handler.
	// Such an error matches sealring.ErrConfig too.
	ErrConfig = errors.New("sessions: configuration refused")
)

// storeFailed returns an ErrStore for what a store or a callback returned. If that is one of the classes itself, such as an
// ErrNoSession of another Manager that a callback asked, it is within as text alone: an outage must not read as an answer.
func storeFailed(cause error) error {
	if classIn(cause, ErrNoSession, ErrConflict, ErrSubject) != nil {
		cause = errors.New(strings.TrimPrefix(cause.Error(), "sessions: "))
	}
	return failure.Because(ErrStore, cause)
}

// sealFailed returns an ErrSeal for what sealing returned, and calls the limit by the name that it has here.
func sealFailed(cause error) error {
	if errors.Is(cause, failure.TooLarge) {
		cause = failure.TooLarge.With("it would be larger than Options.MaxRecord")
	}
	return failure.Because(ErrSeal, cause)
}

// config returns an ErrConfig that says what to do.
func config(detail string) error { return failure.Because(ErrConfig, failure.Config.With(detail)) }
