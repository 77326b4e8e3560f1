package sessions

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"
)

// A Session is one session of a user, as it was loaded or made. It comes from a [Manager] or a [Web], is for one
// goroutine at a time, and prints as "session(HANDLE)", so that logs tell sessions apart. Copies are the same session.
// The zero Session is none, and its methods panic.
type Session[T any] struct {
	// A function, because packages that dump values by reflection follow pointers and cannot follow this.
	data func() *data[T]
}

// A data is what is behind a Session.
type data[T any] struct {
	body[T]
	id      [idSize]byte      // zero without a store
	hash    [sha256.Size]byte // storeID(id)
	version uint64            // of the record that the store has; 0: none
	seen    int64             // when that was sealed
	stale   bool
	changed bool // the value is not the one in the record
	sets    int  // how often Set was called
	dead    bool
	tried   bool   // the store was asked to have it, and may have it whatever it said
	begun   bool   // Begins is settled, as it is renewed
	cookie  string // without a store: what the cookie is to hold
}

// A body is what is sealed of a session. Times are Unix milliseconds.
type body[T any] struct {
	Value   T      `json:"value"`
	Subject []byte `json:"subject,omitempty"` // not text, for it may be any bytes
	Label   string `json:"label,omitempty"`
	Created int64  `json:"created"`
	Begins  int64  `json:"begins"` // what revocations are compared with
	Ends    int64  `json:"ends"`   // however much it is used
}

func newSession[T any](d *data[T]) *Session[T] { return &Session[T]{func() *data[T] { return d }} }

// ID returns the text of the session's ID: 43 characters of base64url, to be given to the user's browser and to nobody
// else. It is empty without a store.
func (s *Session[T]) ID() string {
	d := s.data()
	if d.id == [idSize]byte{} {
		return ""
	}
	return formatID(d.id)
}

// Handle returns a name of the session that is no secret: 22 characters that can stand in a list, in a form, and in logs,
// and with which a user can invalidate this session, by [Manager.InvalidateOne]. It is how the store's ID of the session
// begins. It is empty without a store.
func (s *Session[T]) Handle() string { return s.data().handle() }

func (d *data[T]) handle() string {
	if d.hash == [sha256.Size]byte{} {
		return ""
	}
	return handle(d.hash)
}

// Value returns the session's value. A change of it counts once it is given to Set; where T has maps, slices or pointers,
// change copies of them, as a later Save may fail.
func (s *Session[T]) Value() T { return s.data().Value }

// Set gives the session another value, to be written by [Manager.Save] or, in a request, before the headers are sent.
func (s *Session[T]) Set(value T) {
	d := s.data()
	d.Value, d.changed = value, true
	d.sets++
}

// Subject returns who is signed in, as given to SignIn; "" if nobody is.
func (s *Session[T]) Subject() string { return string(s.data().Subject) }

// Label returns what was given to SignIn.
func (s *Session[T]) Label() string { return s.data().Label }

// Created returns when the session was made: when the user signed in, if one did.
func (s *Session[T]) Created() time.Time { return utc(s.data().Created) }

// LastSeen returns when the session was last written, which is up to a tenth of the idle lifetime before it was last used.
func (s *Session[T]) LastSeen() time.Time { return utc(s.data().seen) }

// Ends returns when the session ends however much it is used.
func (s *Session[T]) Ends() time.Time { return utc(s.data().Ends) }

// Stale reports whether the session would be sealed otherwise now, as under a newer key. The next Save or Touch does it.
func (s *Session[T]) Stale() bool { return s.data().stale }

func utc(milliseconds int64) time.Time { return time.UnixMilli(milliseconds).UTC() }

// String returns "session(HANDLE)"; Handle is for forms and lists.
func (s Session[T]) String() string {
	if s.data == nil {
		return "session()"
	}
	return "session(" + s.data().handle() + ")"
}

// Format writes String, whatever the verb.
func (s Session[T]) Format(f fmt.State, _ rune) { io.WriteString(f, s.String()) }

// LogValue makes slog write String.
func (s Session[T]) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText makes encoding/json and others write String.
func (s Session[T]) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// maxLabelSize is enough for the name of a browser and a place; clients send longer ones.
const maxLabelSize = 256

// cleanLabel makes a label of any text, such as a User-Agent header: UTF-8 of at most 256 bytes.
func cleanLabel(label string) string {
	label = strings.ToValidUTF8(label[:min(len(label), 2*maxLabelSize)], "\uFFFD")
	if len(label) > maxLabelSize {
		label = label[:maxLabelSize]
		for !utf8.ValidString(label) {
			label = label[:len(label)-1]
		}
	}
	return label
}
