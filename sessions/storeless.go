package sessions

import (
	"context"

	"github.com/sealring/sealring"
)

// A storeless keeps sessions in cookies: the text is the session. Its codec is bound to the cookie's name.
type storeless[T any] struct {
	*settings
	options WebOptions
	codec   *sealring.Codec[body[T]]
}

func (c *storeless[T]) New(value T) *Session[T] { return newSession(fresh(c.settings, value)) }

func (c *storeless[T]) text(s *Session[T]) string { return s.data().cookie }

func (c *storeless[T]) Load(ctx context.Context, text string) (*Session[T], error) {
	if len(text) > maxCookieSize {
		return nil, ErrNoSession
	}
	b, info, err := c.codec.OpenInfo(text)
	if err != nil {
		if class := classOf(err); class != sealring.ErrExpired {
			c.observe(Event{Class: class})
		}
		return nil, ErrNoSession
	}
	if c.ended(b.Ends, b.Created) {
		return nil, ErrNoSession
	}
	if len(b.Subject) > 0 {
		before, err := c.revokedElsewhere(ctx, string(b.Subject))
		if err != nil {
			return nil, err
		}
		if b.Begins <= before {
			return nil, ErrNoSession
		}
	}
	return newSession(&data[T]{body: b, version: 1, seen: info.Issued.UnixMilli(), stale: info.Stale, cookie: text}), nil
}

func (c *storeless[T]) Save(_ context.Context, s *Session[T]) error { return c.write(s.data()) }

func (c *storeless[T]) Touch(_ context.Context, s *Session[T]) error {
	if d := s.data(); d.version > 0 && d.due(c.settings) {
		return c.write(d)
	}
	return nil
}

// Renew has no ID to give; what it makes has another text.
func (c *storeless[T]) Renew(_ context.Context, s *Session[T]) error { return c.write(s.data()) }

func (c *storeless[T]) SignIn(ctx context.Context, s *Session[T], subject, label string, value T) error {
	next, err := signedIn(ctx, c.settings, subject, label, value)
	if err != nil {
		return err
	}
	if err := c.write(next); err != nil {
		return err
	}
	*s.data() = *next
	return nil
}

// Invalidate can do nothing about copies of the cookie.
func (c *storeless[T]) Invalidate(_ context.Context, s *Session[T]) error {
	s.data().dead = true
	return nil
}

func (c *storeless[T]) forget(context.Context, string) error { return nil }

// write seals a session into the text for the cookie.
func (c *storeless[T]) write(d *data[T]) error {
	now := c.now()
	if d.dead || c.ended(d.Ends, d.Created) {
		return ErrNoSession
	}
	text, err := c.codec.Seal(d.body)
	if err != nil {
		return sealFailed(err)
	}
	if err := sized(c.options.cookie(text, utc(d.Ends), now)); err != nil {
		return err
	}
	d.cookie, d.version, d.seen, d.stale, d.changed = text, 1, now, false, false
	return nil
}
