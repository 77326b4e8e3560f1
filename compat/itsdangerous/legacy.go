package itsdangerous

import (
	"encoding/json"
	"time"
	"unicode/utf8"
)

// The methods OpenLegacy make signers and serializers openers for sealring's Options.Legacy: they return the JSON of a
// token and when it was signed, and leave its age to the codec. What the signers without a timestamp and the serializers
// built on them have signed is without a date, which Legacy.Undated must allow.

// OpenLegacy returns the value of a signed text as a JSON string.
func (s *Signer) OpenLegacy(signed string) (body []byte, issued time.Time, err error) {
	value, err := s.Unsign(signed)
	if err != nil {
		return nil, time.Time{}, err
	}
	body, err = quote(value)
	return body, time.Time{}, err
}

// OpenLegacy returns the value of a signed text as a JSON string, and when it was signed.
func (s *TimestampSigner) OpenLegacy(signed string) (body []byte, issued time.Time, err error) {
	value, issued, err := s.UnsignAnyAge(signed)
	if err != nil {
		return nil, time.Time{}, err
	}
	if body, err = quote(value); err != nil {
		return nil, time.Time{}, err
	}
	return body, issued, nil
}

var errNotUTF8 = badPayload.with("not UTF-8")

// quote returns an authentic value as a JSON string.
func quote(value string) ([]byte, error) {
	if !utf8.ValidString(value) {
		return nil, errNotUTF8
	}
	return json.Marshal(value)
}

// OpenLegacy returns the JSON of a signed text.
func (s *Serializer[T]) OpenLegacy(signed string) (body []byte, issued time.Time, err error) {
	text, err := s.signer.Unsign(signed)
	if err != nil {
		return nil, time.Time{}, err
	}
	body, err = s.form.body(text)
	return body, time.Time{}, err
}

// OpenLegacy returns the JSON of a signed text.
func (s *URLSafeSerializer[T]) OpenLegacy(signed string) (body []byte, issued time.Time, err error) {
	return s.s.OpenLegacy(signed)
}

// OpenLegacy returns the JSON of a signed text, and when it was signed.
func (s *TimedSerializer[T]) OpenLegacy(signed string) (body []byte, issued time.Time, err error) {
	text, issued, err := s.signer.UnsignAnyAge(signed)
	if err != nil {
		return nil, time.Time{}, err
	}
	if body, err = s.form.body(text); err != nil {
		return nil, time.Time{}, err
	}
	return body, issued, nil
}

// OpenLegacy returns the JSON of a signed text, and when it was signed.
func (s *URLSafeTimedSerializer[T]) OpenLegacy(signed string) (body []byte, issued time.Time, err error) {
	return s.s.OpenLegacy(signed)
}
