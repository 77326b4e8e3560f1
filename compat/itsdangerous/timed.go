package itsdangerous

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/bits"
	"strings"
	"time"

	"github.com/sealring/sealring/internal/base64url"
)

// A TimestampSigner signs text together with the second in which it does so. It is safe for concurrent use. Make it
// with NewTimestampSigner: the zero TimestampSigner is of no use.
type TimestampSigner struct {
	signer *Signer
	clock
}

// A clock is what a TimestampSigner knows of time.
type clock struct {
	now    func() time.Time
	leeway time.Duration
	epoch  int64 // Unix seconds from which timestamps count
}

func newClock(o *Options) clock {
	c := clock{now: o.Now, leeway: o.Leeway}
	if o.Epoch2011 {
		c.epoch = epoch2011
	}
	return c
}

// NewTimestampSigner returns a signer of secret keys, oldest to newest: the last one signs, all open. Errors match
// ErrConfig.
func NewTimestampSigner(secretKeys []string, options *Options) (*TimestampSigner, error) {
	o, err := options.settings(defaultSignerSalt)
	if err != nil {
		return nil, err
	}
	return newTimestampSigner(secretKeys, o)
}

func newTimestampSigner(secretKeys []string, o *Options) (*TimestampSigner, error) {
	signer, err := newSigner(secretKeys, o)
	if err != nil {
		return nil, err
	}
	return &TimestampSigner{signer, newClock(o)}, nil
}

func (s *TimestampSigner) withSalt(salt []byte) (*TimestampSigner, error) {
	signer, err := s.signer.withSalt(salt)
	if err != nil {
		return nil, err
	}
	return &TimestampSigner{signer, s.clock}, nil
}

// Sign returns a value with the timestamp and the signature behind it. It fails with ErrConfig where the clock is outside
// the years 1970 to 9999, since Python does not read such a time.
func (s *TimestampSigner) Sign(value string) (string, error) {
	var onStack [signOnStack]byte
	signed, err := s.appendSignature(append(onStack[:0], value...), 0)
	return string(signed), err
}

// AppendSign appends what Sign returns. value may not overlap dst's spare capacity. On an error it returns dst as it was
// given.
func (s *TimestampSigner) AppendSign(dst, value []byte) ([]byte, error) {
	start := len(dst)
	return s.appendSignature(append(dst, value...), start)
}

// appendSignature appends timestamp and signature of what stands in dst from start on, which it cuts off on an error.
func (s *TimestampSigner) appendSignature(dst []byte, start int) ([]byte, error) {
	end := len(dst)
	dst = append(dst, s.signer.ways[0].sep...)
	dst, err := s.appendTimestamp(dst)
	if err != nil {
		clear(dst[start:end])
		return dst[:start], err
	}
	return s.signer.appendSignature(dst, start), nil
}

// maxTime is the last second of the year 9999, the last that Python's datetime has.
const maxTime = 253402300799

var (
	errClock     = config.with("the clock is outside the years 1970 to 9999")
	errNoTime    = badTimeSignature.with("timestamp missing")
	errTimestamp = badTimeSignature.with("malformed timestamp")
	errTime      = badTimeSignature.with("timestamp outside the years 1970 to 9999")
	errTimedMAC  = badTimeSignature.with("the signature does not match")
	errAge       = signatureExpired.with("older than the maximum age")
	errFuture    = signatureExpired.with("from the future")
)

// appendTimestamp appends the current time: base64url of the big-endian bytes of its second, without leading zeros.
func (c *clock) appendTimestamp(dst []byte) ([]byte, error) {
	now := c.now().Unix()
	if now <= c.epoch || now > maxTime {
		return dst, errClock
	}
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], uint64(now-c.epoch))
	return base64url.Append(dst, b[bits.LeadingZeros64(uint64(now-c.epoch))/8:]), nil
}

// parseTimestamp returns the Unix second of a timestamp, which must be exactly as appendTimestamp writes it.
func (c *clock) parseTimestamp(text string) (int64, error) {
	var buffer [8]byte
	if text == "" || len(text) > base64url.Size(len(buffer)) {
		return 0, errTimestamp
	}
	b, err := base64url.AppendDecoded(buffer[:0], text)
	if err != nil || b[0] == 0 {
		return 0, errTimestamp
	}
	seconds := uint64(0)
	for _, digit := range b {
		seconds = seconds<<8 | uint64(digit)
	}
	if seconds > maxTime-uint64(c.epoch) {
		return 0, errTime
	}
	return int64(seconds) + c.epoch, nil
}

// checkAge holds the time of a token against the clock. Both are whole seconds, as in Python; no sub-second part of
// maxAge or leeway can change the outcome.
func (c *clock) checkAge(signed int64, maxAge time.Duration) error {
	switch age := c.now().Unix() - signed; {
	case age > floorSeconds(maxAge):
		return errAge
	case age < 0 && -age > floorSeconds(c.leeway):
		return errFuture
	}
	return nil
}

// floorSeconds is the most whole seconds that are not longer than d.
func floorSeconds(d time.Duration) int64 {
	seconds := int64(d / time.Second)
	if d%time.Second < 0 {
		seconds--
	}
	return seconds
}

// Unsign returns the value of a signed text and when it was signed, in UTC, if that is no longer ago than maxAge. A maxAge
// of 0 is an age of 0. It fails with ErrBadSignature, under which ErrBadTimeSignature and ErrSignatureExpired are.
func (s *TimestampSigner) Unsign(signed string, maxAge time.Duration) (string, time.Time, error) {
	value, at, err := s.unsign(signed)
	if err == nil {
		err = s.checkAge(at, maxAge)
	}
	if err != nil {
		return "", time.Time{}, err
	}
	return value, time.Unix(at, 0).UTC(), nil
}

// UnsignAnyAge is Unsign without a maximum age, which takes whatever was ever signed, in the future even.
func (s *TimestampSigner) UnsignAnyAge(signed string) (string, time.Time, error) {
	value, at, err := s.unsign(signed)
	if err != nil {
		return "", time.Time{}, err
	}
	return value, time.Unix(at, 0).UTC(), nil
}

func (s *TimestampSigner) unsign(signed string) (string, int64, error) {
	value, sep, err := s.signer.unsign(signed)
	i := strings.LastIndex(value, sep)
	switch {
	case err != nil && i < 0:
		return "", 0, err
	case err != nil:
		return "", 0, errTimedMAC // which is how Python tells it where a timestamp seems to be there
	case i < 0:
		return "", 0, errNoTime
	}
	at, err := s.parseTimestamp(value[i+len(sep):])
	return value[:i], at, err
}

// Validate reports whether Unsign would return a value.
func (s *TimestampSigner) Validate(signed string, maxAge time.Duration) bool {
	_, _, err := s.Unsign(signed, maxAge)
	return err == nil
}

// Format writes the type, whatever the verb.
func (s *TimestampSigner) Format(f fmt.State, _ rune) {
	io.WriteString(f, "itsdangerous.TimestampSigner")
}
