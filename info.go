package sealring

import (
	"time"

	"github.com/sealring/sealring/internal/base64url"
	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/internal/failure"
)

// Info is what an envelope says about itself.
type Info struct {
	// KeyID names the key that it is sealed with.
	KeyID string
	// Suite is how it is protected.
	Suite Suite
	// Content is what its body is written in, and Deflated whether that is compressed.
	Content  Content
	Deflated bool
	// Issued and Expires are when it was sealed and until when it is good, in UTC and whole milliseconds. A zero
	// Expires means that it lasts as long as its key.
	Issued, Expires time.Time
	// Stale is whether Seal would write another envelope now: under a newer key, in another suite or another content, or
	// in place of a legacy token. Seal the value again to move on. Inspect does not know it.
	Stale bool
	// Legacy is whether an opener of Options.Legacy opened it. Then KeyID is empty, Suite 0, Expires zero, and Issued
	// zero if the token does not say.
	Legacy bool
}

// set fills in what the envelope says.
func (info *Info) set(e *envelope.Envelope, keyID string) {
	info.KeyID = keyID
	info.Suite = Suite(e.Suite)
	info.Content = contentOf(e.Content)
	info.Deflated = e.Deflated
	info.Issued = time.UnixMilli(e.Issued).UTC()
	if e.Expires != 0 {
		info.Expires = time.UnixMilli(e.Expires).UTC()
	}
}

// Inspect returns what an envelope, in its text or binary form, says about itself. Nothing of it is verified: whoever
// sent it may have written it. It is for looking at tokens, never for deciding on them. It takes up to 65,536 bytes and
// fails as the first two steps of opening do.
func Inspect(token string) (Info, error) {
	b := []byte(nil)
	switch {
	case len(token) > base64url.Size(defaultMaxEnvelope):
		return Info{}, failure.TooLarge
	case envelope.IsBinary(token):
		b = []byte(token)
	default:
		var err error
		if b, err = base64url.AppendDecoded(nil, token); err != nil {
			return Info{}, err
		}
	}
	if len(b) > defaultMaxEnvelope {
		return Info{}, failure.TooLarge
	}
	var e envelope.Envelope
	if err := e.Parse(b); err != nil {
		return Info{}, err
	}
	var info Info
	info.set(&e, string(e.KeyID))
	return info, nil
}

// An Observer hears how openings end, for metrics and alarms that tell tampering from expiry; also those that fail with
// ErrBind before they begin. It must be safe for concurrent use and quick, as Open waits for it.
type Observer interface {
	Opened(Opening)
}

// An Opening is the outcome of one Open. It holds no part of a token or a payload.
type Opening struct {
	// Class is nil where the envelope opened, and otherwise the sentinel of the failure, such as ErrExpired.
	Class error
	// Purpose is the codec's.
	Purpose string
	// KeyID is the ID of the envelope's key if the ring knows it, and otherwise empty: before it is authenticated, an
	// ID is what a stranger sent. Where Class is ErrUnknownKey and this is not empty, the key is closed or disabled.
	KeyID string
	// Age is the time since it was issued if it is authentic, and otherwise 0. Where clocks differ it can be negative.
	Age time.Duration
	// Stale and Legacy are Info's, of what opened.
	Stale, Legacy bool
}
