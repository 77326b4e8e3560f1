package django

import (
	"fmt"
	"io"
	"reflect"
	"time"

	"github.com/sealring/sealring/compat/internal/fault"
	"github.com/sealring/sealring/internal/payload"
)

// CookieSessions opens and makes sessions of the backend signed_cookies: the whole session is in the cookie. It is safe
// for concurrent use. Make it with NewCookieSessions: the zero CookieSessions is of no use.
type CookieSessions[T any] struct {
	signer *Signer[T]
	age    time.Duration
}

// NewCookieSessions returns the sessions of SECRET_KEY and SECRET_KEY_FALLBACKS: the first signs, all open. They last for
// Options.SessionCookieAge. Errors match ErrConfig; an empty key is one, and a T that is no object in JSON.
func NewCookieSessions[T any](secretKey string, fallbacks []string, o *Options) (*CookieSessions[T], error) {
	set, err := o.settings(saltCookieSessions)
	if err != nil {
		return nil, err
	}
	signer, err := newSessionSigner[T](secretKey, fallbacks, set)
	if err != nil {
		return nil, err
	}
	return &CookieSessions[T]{signer, set.SessionCookieAge}, nil
}

// newSessionSigner returns a signer of objects that compresses, as Django does with all sessions.
func newSessionSigner[T any](secretKey string, fallbacks []string, set *Options) (*Signer[T], error) {
	set.Compress = true
	signer, err := newSigner[T](secretKey, fallbacks, set)
	if err != nil {
		return nil, err
	}
	if err := payload.CheckObject(reflect.TypeFor[T]()); err != nil {
		return nil, fault.Payload(name, err)
	}
	signer.form.object = true
	return signer, nil
}

// Dumps returns a session as the cookie has it, signed with the current time. It fails with ErrBadPayload for one that
// Loads would refuse, a nil map among them, and with ErrConfig where the clock is outside the years 1970 to 9999.
func (s *CookieSessions[T]) Dumps(session T) (string, error) { return s.signer.Dumps(session) }

// Loads returns the session in a cookie and when it was signed, in UTC, if that is no longer ago than
// Options.SessionCookieAge. It fails with ErrBadSignature, under which ErrBadTimeSignature and ErrSignatureExpired are, and
// ErrBadPayload; then the session is zero. Django starts an empty session there.
func (s *CookieSessions[T]) Loads(signed string) (T, time.Time, error) {
	return s.signer.Loads(signed, s.age)
}

// OpenLegacy makes the sessions an opener for sealring's Options.Legacy: it returns the JSON of a session, and when it was
// signed. It leaves the age to the codec.
func (s *CookieSessions[T]) OpenLegacy(signed string) (body []byte, issued time.Time, err error) {
	return s.signer.OpenLegacy(signed)
}

// Format writes the type, whatever the verb.
func (s *CookieSessions[T]) Format(f fmt.State, _ rune) { io.WriteString(f, "django.CookieSessions") }

// StoredSessions opens and makes what the backends db and cached_db keep in the column session_data, and the backend
// file in its files. It is safe for concurrent use. Make it with NewStoredSessions: the zero StoredSessions is of no
// use.
//
// Nothing in it says whose session it is or when it ends: the row's session_key and expire_date do, so look at both. What
// cached_db and cache keep in the cache is not this but a pickle that nobody signed.
type StoredSessions[T any] struct{ signer *Signer[T] }

// NewStoredSessions returns the sessions of SECRET_KEY and SECRET_KEY_FALLBACKS: the first signs, all open. Errors match
// ErrConfig; an empty key is one, and a T that is no object in JSON.
func NewStoredSessions[T any](secretKey string, fallbacks []string, o *Options) (*StoredSessions[T], error) {
	set, err := o.settings(saltStoredSessions)
	if err != nil {
		return nil, err
	}
	signer, err := newSessionSigner[T](secretKey, fallbacks, set)
	if err != nil {
		return nil, err
	}
	return &StoredSessions[T]{signer}, nil
}

// Dumps is that of CookieSessions.
func (s *StoredSessions[T]) Dumps(session T) (string, error) { return s.signer.Dumps(session) }

// Loads returns a stored session and when it was signed, in UTC, whenever that was. It fails with ErrBadSignature, under
// which ErrBadTimeSignature is, and ErrBadPayload; then the session is zero. Django starts an empty session there.
func (s *StoredSessions[T]) Loads(stored string) (T, time.Time, error) {
	return s.signer.LoadsAnyAge(stored)
}

// OpenLegacy is that of CookieSessions.
func (s *StoredSessions[T]) OpenLegacy(stored string) (body []byte, issued time.Time, err error) {
	return s.signer.OpenLegacy(stored)
}

// Format writes the type, whatever the verb.
func (s *StoredSessions[T]) Format(f fmt.State, _ rune) { io.WriteString(f, "django.StoredSessions") }
