package flask

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/sealring/sealring/compat/internal/fault"
	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/internal/urlsafe"
)

// Sessions signs and opens session cookies of one Flask application. It is safe for concurrent use. Make it with
// NewSessions: the zero Sessions is of no use.
type Sessions struct {
	signer     *itsdangerous.TimestampSigner
	lifetime   time.Duration
	maxDecoded int
}

// NewSessions returns the sessions of an application: secretKey is its SECRET_KEY, which signs, and fallbacks are its
// SECRET_KEY_FALLBACKS, in any order, which open only. In Python a string in place of that list is taken for a list of
// keys of one letter each; here that does not compile. Errors match itsdangerous.ErrConfig; an empty key is one.
func NewSessions(secretKey string, fallbacks []string, options *Options) (*Sessions, error) {
	set, signing, err := options.settings()
	if err != nil {
		return nil, err
	}
	if secretKey == "" {
		return nil, badConfig("the secret key is empty, so that everybody could sign with it")
	}
	if i := slices.Index(fallbacks, ""); i >= 0 {
		return nil, badConfig(fmt.Sprintf("fallback %d is empty, so that everybody could sign with it", i))
	}
	// A signer has its keys oldest to newest, and the last one signs.
	signer, err := itsdangerous.NewTimestampSigner(append(slices.Clone(fallbacks), secretKey), signing)
	if err != nil {
		return nil, fault.Rename(name, err)
	}
	return &Sessions{signer, set.Lifetime, set.MaxDecoded}, nil
}

// Dumps returns the value of a cookie that holds a session. It fails with ErrBadPayload for a session that Loads would
// refuse or Flask would read as another one, and with ErrConfig where the clock is outside the years 1970 to 9999.
func (s *Sessions) Dumps(session map[string]any) (string, error) {
	w := writer{limit: s.maxDecoded}
	if r := w.value(session, 0); r != nil {
		return "", r.named()
	}
	cookie, err := s.signer.Sign(string(urlsafe.Append(nil, w.out, true)))
	if err != nil {
		return "", fault.Rename(name, err)
	}
	return cookie, nil
}

// Loads returns the session that a cookie's value holds, and when it was signed, in UTC. It fails with ErrBadSignature,
// under which ErrSignatureExpired is, and ErrBadPayload.
func (s *Sessions) Loads(cookie string) (session map[string]any, signed time.Time, err error) {
	text, signed, err := s.signer.Unsign(cookie, s.lifetime)
	if err != nil {
		return nil, time.Time{}, fault.Rename(name, err)
	}
	if session, err = s.read(text); err != nil {
		return nil, time.Time{}, err
	}
	return session, signed, nil
}

// read returns the session in an authentic text.
func (s *Sessions) read(text string) (map[string]any, error) {
	body, err := urlsafe.Decode(text, s.maxDecoded)
	if err != nil {
		return nil, fault.Payload(name, err)
	}
	return readSession(body)
}

// OpenLegacy makes Sessions an opener for sealring's Options.Legacy, and leaves the age of a cookie to the codec. It
// returns the session as JSON without tags, in the forms that encoding/json reads into a struct: a datetime as text of RFC
// 3339 in UTC, bytes as standard base64, a tuple as an array, a UUID as text with dashes, markup as text.
func (s *Sessions) OpenLegacy(cookie string) (body []byte, issued time.Time, err error) {
	text, issued, err := s.signer.UnsignAnyAge(cookie)
	if err != nil {
		return nil, time.Time{}, fault.Rename(name, err)
	}
	session, err := s.read(text)
	if err != nil {
		return nil, time.Time{}, err
	}
	w := writer{limit: s.maxDecoded, plain: true}
	if r := w.value(session, 0); r != nil {
		return nil, time.Time{}, r.named() // unreachable: no value is longer without its tag
	}
	return w.out, issued, nil
}

// Format writes the type, whatever the verb.
func (s *Sessions) Format(f fmt.State, _ rune) { io.WriteString(f, "flask.Sessions") }
