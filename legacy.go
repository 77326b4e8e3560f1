package sealring

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
)

// A Legacy lets a codec open, for a time, texts that something else signed, so that a service moves over to sealring
// without logging anybody out: such a text opens and is stale, and what is sealed in its place is an envelope. The
// packages under compat have openers. Binary forms are envelopes only: OpenBinary and AppendOpenBinary ask no opener.
//
// Legacy tokens are weaker than envelopes: nothing in them says what they are for, whose they are, or when they end.
// Therefore the move has an end and their age a limit, and a codec with a binding refuses them unless told.
type Legacy struct {
	// Opener opens the tokens. Required; a nil pointer is refused, too.
	Opener LegacyOpener
	// Until is when the move ends: from then on these tokens are malformed, as they are without it. Required.
	Until time.Time
	// MaxAge is how old a token may be: whole, positive milliseconds. Where Options.MaxAge is shorter, that counts.
	// Required.
	MaxAge time.Duration
	// Undated accepts tokens that do not say when they were issued, so that MaxAge means nothing for them.
	Undated bool
	// Unbound lets bound codecs open these tokens too, although nothing ties them to what the codec is bound to.
	Unbound bool
}

// A LegacyOpener opens tokens of another kind. It must be safe for concurrent use.
type LegacyOpener interface {
	// OpenLegacy returns the body of an authentic token as JSON, and when it was issued: zero where the token does not
	// say. It need not look at the age. Its error should match ErrMalformed (no token of its kind, as an emptied cookie),
	// ErrBadSignature, ErrExpired, ErrNotYetValid or ErrBadPayload under errors.Is, and is taken for ErrBadSignature
	// otherwise; of its text nothing is passed on.
	OpenLegacy(token string) (body []byte, issued time.Time, err error)
}

// A legacy is a checked Legacy.
type legacy struct {
	opener           LegacyOpener
	until            int64
	maxAge           int64
	undated, unbound bool
}

func (s *settings) setLegacy(all []Legacy) error {
	for i, l := range all {
		switch {
		case l.Opener == nil || isNilPointer(l.Opener):
			return failure.Config.With(fmt.Sprintf("Options.Legacy: number %d has no Opener", i))
		case l.Until.IsZero():
			return failure.Config.With(fmt.Sprintf("Options.Legacy: set Until of number %d to when the last of its tokens may open", i))
		case l.MaxAge <= 0 || l.MaxAge%time.Millisecond != 0:
			return failure.Config.With(fmt.Sprintf("Options.Legacy: MaxAge of number %d is not whole, positive milliseconds", i))
		}
		checked := legacy{l.Opener, unixMilli(l.Until), l.MaxAge.Milliseconds(), l.Undated, l.Unbound}
		if s.maxAge >= 0 {
			checked.maxAge = min(checked.maxAge, s.maxAge)
		}
		s.legacy = append(s.legacy, checked)
	}
	return nil
}

// isNilPointer reports whether an opener is what a constructor returns beside an error. It would panic at the first text.
func isNilPointer(opener LegacyOpener) bool {
	v := reflect.ValueOf(opener)
	return v.Kind() == reflect.Pointer && v.IsNil()
}

var (
	errLegacyBound   = failure.Refused.With("a legacy token is bound to nothing; Legacy.Unbound accepts it in a bound codec")
	errLegacyUndated = failure.Refused.With("the legacy token does not say when it was issued; Legacy.Undated accepts it")
)

// openLegacy opens a text that is no envelope of any version, if one of the openers does. The one that found out most
// about the text says why not.
func (s *Sealer) openLegacy(o *opened, info *Info, token string, bind []byte) {
	o.err = errTextMagic
	if len(s.settings.legacy) == 0 {
		return
	}
	now := s.settings.now()
	for i := range s.settings.legacy {
		l := &s.settings.legacy[i]
		if now >= l.until {
			continue
		}
		if bind != nil && !l.unbound {
			o.err = errLegacyBound
			continue
		}
		var attempt opened
		*info = Info{}
		s.settings.try(&attempt, info, l, token, now)
		if attempt.err == nil || authentic(attempt.err) {
			o.err, o.content, o.body, o.age = attempt.err, attempt.content, attempt.body, attempt.age
			return
		}
		switch {
		case o.err == errLegacyUndated: // it was authentic; only to open it would say more
		case o.err == errTextMagic, attempt.err == errLegacyUndated, errors.Is(attempt.err, failure.BadSignature):
			o.err = attempt.err
		}
	}
}

// authentic reports whether an error is of a class that is said of authentic tokens only.
func authentic(err error) bool {
	return errors.Is(err, failure.NotYetValid) || errors.Is(err, failure.Expired) || errors.Is(err, failure.BadPayload)
}

// try takes the steps of opening with one opener, up to the payload rules.
func (set *settings) try(o *opened, info *Info, l *legacy, token string, now int64) {
	body, at, err := l.opener.OpenLegacy(token)
	if err != nil {
		o.err = legacyClass(err)
		return
	}

	if at.IsZero() {
		if !l.undated {
			o.err = errLegacyUndated
			return
		}
	} else {
		issued := unixMilli(at)
		o.age = now - issued
		switch {
		case issued-set.leeway > now:
			o.err = failure.NotYetValid
			return
		case o.age > l.maxAge:
			o.err = failure.Expired
			return
		}
		info.Issued = time.UnixMilli(issued).UTC()
	}
	if len(body) > set.maxDecoded {
		o.err = errDecodedSize
		return
	}
	o.content, o.body = envelope.JSON, body
	info.Content, info.Legacy, info.Stale = JSON, true, true
}

// legacyClass is the class that an opener's error is of, and nothing of the error: its text may hold what it likes.
func legacyClass(err error) error {
	for _, class := range []*failure.Class{failure.Expired, failure.NotYetValid, failure.BadPayload, failure.Malformed} {
		if errors.Is(err, class) {
			return class
		}
	}
	return failure.BadSignature
}
