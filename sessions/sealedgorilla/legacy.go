package sealedgorilla

import "time"

// A Legacy opens, for a time, what another securecookie.Codec wrote, and writes nothing. The zero Legacy opens nothing.
type Legacy struct {
	// Decoder opens the cookies, such as a *securecookie.SecureCookie. Its own MaxAge counts.
	Decoder Decoder
	// Until is when the move ends. Set a date: counted from the start of the program, it would never come.
	Until time.Time
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A Decoder is the half of securecookie.Codec that opens. It must be safe for concurrent use.
type Decoder interface {
	// Decode puts the value of a cookie where dst points.
	Decode(name, value string, dst any) error
}

// Encode fails.
func (l Legacy) Encode(string, any) (string, error) { return "", errReadOnly }

// Decode is the Decoder's.
func (l Legacy) Decode(name, value string, dst any) error {
	now := time.Now
	if l.Now != nil {
		now = l.Now
	}
	if l.Decoder == nil || !now().Before(l.Until) {
		return errEnded
	}
	return l.Decoder.Decode(name, value, dst)
}
