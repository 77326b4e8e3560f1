package django

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/sealring/sealring/compat/internal/fault"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// A TimestampSigner signs text together with the second in which it does so: Django's class of that name. It is safe
// for concurrent use. Make it with NewTimestampSigner: the zero TimestampSigner is of no use.
type TimestampSigner struct {
	signer *itsdangerous.Signer
	now    func() time.Time
	leeway time.Duration
}

// NewTimestampSigner returns a signer of SECRET_KEY and SECRET_KEY_FALLBACKS: the first signs, all open. It derives what it
// needs of them once. Errors match ErrConfig; an empty key is one.
func NewTimestampSigner(secretKey string, fallbacks []string, o *Options) (*TimestampSigner, error) {
	set, err := o.settings(saltTimestampSigner)
	if err != nil {
		return nil, err
	}
	keys, err := secretKeys("", secretKey, fallbacks)
	if err != nil {
		return nil, err
	}
	return newTimestampSigner(keys, string(set.Salt), set)
}

// sep stands between value, timestamp and signature.
const sep = ":"

// newTimestampSigner takes keys oldest to newest.
func newTimestampSigner(keys []string, salt string, o *Options) (*TimestampSigner, error) {
	if salt == "" {
		salt = saltTimestampSigner // as in Django
	}
	set := &itsdangerous.Options{
		Salt: []byte(salt), Sep: sep, KeyDerivation: itsdangerous.DjangoConcat, Digest: itsdangerous.SHA256,
	}
	if o.LegacySHA1 {
		set.FallbackSigners = []itsdangerous.Fallback{
			{Sep: sep, KeyDerivation: itsdangerous.DjangoConcat, Digest: itsdangerous.SHA1},
		}
	}
	signer, err := itsdangerous.NewSigner(keys, set)
	if err != nil {
		return nil, fault.Rename(name, err)
	}
	return &TimestampSigner{signer, o.Now, *o.Leeway}, nil
}

// Sign returns a value with the timestamp and the signature behind it. It fails with ErrBadPayload for one that is not
// UTF-8, and with ErrConfig where the clock is outside the years 1970 to 9999, since Python does not have such a time.
func (s *TimestampSigner) Sign(value string) (string, error) {
	if !utf8.ValidString(value) {
		return "", errNotUTF8
	}
	var onStack [signOnStack]byte
	return s.sign(append(onStack[:0], value...))
}

// signOnStack is how many bytes a signed text may have to be made without more memory than its own.
const signOnStack = 512

// maxTime is the last second of the year 9999, the last that Python's datetime has.
const maxTime = 253402300799

// sign signs a value, which it writes behind.
func (s *TimestampSigner) sign(value []byte) (string, error) {
	now := s.now().Unix()
	if now < 0 || now > maxTime {
		return "", errClock
	}
	value = append(value, sep...)
	value = appendBase62(value, now)
	var onStack [signOnStack]byte
	return string(s.signer.AppendSign(onStack[:0], value)), nil
}

// Unsign returns the value of a signed text and when it was signed, in UTC, if that is no longer ago than maxAge, to the
// nanosecond. It fails with ErrBadSignature, under which ErrBadTimeSignature and ErrSignatureExpired are, and with
// ErrBadPayload for a value that is not UTF-8.
func (s *TimestampSigner) Unsign(signed string, maxAge time.Duration) (string, time.Time, error) {
	value, at, err := s.UnsignAnyAge(signed)
	if err == nil {
		err = s.checkAge(at, maxAge)
	}
	if err != nil {
		return "", time.Time{}, err
	}
	return value, at, nil
}

// UnsignAnyAge is Unsign without a maximum age, which takes whatever was ever signed, in the future even.
func (s *TimestampSigner) UnsignAnyAge(signed string) (string, time.Time, error) {
	value, err := s.signer.Unsign(signed)
	if err != nil {
		if !strings.Contains(signed, sep) {
			return "", time.Time{}, fault.Rename(name, err) // which says so
		}
		return "", time.Time{}, errMismatch
	}
	i := strings.LastIndex(value, sep)
	if i < 0 {
		return "", time.Time{}, errNoTime
	}
	second, err := parseBase62(value[i+len(sep):])
	if err == nil && !utf8.ValidString(value[:i]) {
		err = errNotUTF8
	}
	if err != nil {
		return "", time.Time{}, err
	}
	return value[:i], time.Unix(second, 0).UTC(), nil
}

// checkAge holds the time of a token against the clock, whose fractions of a second count, as in Django. It compares times
// and not durations, which end at 292 years.
func (s *TimestampSigner) checkAge(at time.Time, maxAge time.Duration) error {
	switch now := s.now(); {
	case now.After(at.Add(maxAge)):
		return errAge
	case at.After(now.Add(s.leeway)):
		return errFuture
	}
	return nil
}

// OpenLegacy makes the signer an opener for sealring's Options.Legacy: it returns the value of a signed text as a JSON
// string, and when it was signed. It leaves the age to the codec.
func (s *TimestampSigner) OpenLegacy(signed string) (body []byte, issued time.Time, err error) {
	value, issued, err := s.UnsignAnyAge(signed)
	return quote(value, issued, err)
}

// quote returns a value as a JSON string.
func quote(value string, issued time.Time, err error) ([]byte, time.Time, error) {
	if err != nil {
		return nil, time.Time{}, err
	}
	body, err := json.Marshal(value)
	if err != nil {
		panic("django: encoding/json refused a string") // unreachable
	}
	return body, issued, nil
}

// Format writes the type, whatever the verb.
func (s *TimestampSigner) Format(f fmt.State, _ rune) { io.WriteString(f, "django.TimestampSigner") }
