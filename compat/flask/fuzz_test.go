package flask_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/sealring/sealring/compat/flask"
	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/internal/payload"
)

// FuzzTagged: behind a good signature, any JSON ends in a class or in a session, and that one is the same after it was
// written and read again. Without its tags it is JSON that a codec reads.
func FuzzTagged(f *testing.F) {
	s := mustSessions(f, nil, &flask.Options{Now: frozenClock, MaxDecoded: 1 << 16})
	for _, c := range known {
		f.Add([]byte(payloadOf(f, c.cookie))) // what Flask writes, with every tag
	}
	f.Add([]byte(``))                                                                // signed, and nothing
	f.Add([]byte(`null`))                                                            // no dict
	f.Add([]byte(`{" t":[]}`))                                                       // a session that is a tuple
	f.Add([]byte(`{"a":{" t":"ab"}}`))                                               // a tuple that Python makes of text
	f.Add([]byte(`{"a":{" b":"AB=="}}`))                                             // two texts of the same bytes
	f.Add([]byte(`{"a":{" b":"AA==\n"}}`))                                           // which encoding/base64 takes
	f.Add([]byte(`{"a":{" u":"0123456789ABCDEF0123456789abcdef"}}`))                 // which encoding/hex takes
	f.Add([]byte(`{"a":{" d":"Fri, 01 Jan 2026 00:00:00 GMT"}}`))                    // another day, which time.Parse takes
	f.Add([]byte(`{"a":{" d":"Sat, 01 Jan 0050 00:00:00 GMT"}}`))                    // a year that Python reads as another one
	f.Add([]byte(`{"a":{" d":"Thu, 01 Jan 2026 00:00:00,5 GMT"}}`))                  // a fraction, which time.Parse takes
	f.Add([]byte(`{"a":{" di":{" t__":{" t":[]}}}}`))                                // a dict that looks like a tag, and is one
	f.Add([]byte(`{"a":{" di":{" t":[]}}}`))                                         // an escape without the suffix
	f.Add([]byte(`{"a":{" di":{}}}`))                                                // an escape without a key
	f.Add([]byte(`{"a":1,"\u0061":2}`))                                              // a duplicate key
	f.Add([]byte(`{"a":NaN}`))                                                       // a number that is none
	f.Add([]byte(`{"a":1E400}`))                                                     // an infinity
	f.Add([]byte(`{"a":-0,"b":1E5,"c":1.50}`))                                       // numbers that keep their digits
	f.Add([]byte(`{"a":"\ud800"}`))                                                  // half a surrogate pair
	f.Add([]byte(`{"a":"\ud83d\ude00ü"}`))                                           // both, and text that Flask would escape
	f.Add([]byte(strings.Repeat(`{" t":[`, 5000)))                                   // the stack
	f.Add([]byte(`{"a":` + strings.Repeat(`[`, 99) + strings.Repeat(`]`, 99) + `}`)) // as deep as may be
	f.Fuzz(func(t *testing.T, data []byte) {
		cookie := signJSON(t, string(data))
		session, signed, err := s.Loads(cookie)
		body, issued, legacyErr := s.OpenLegacy(cookie)
		if err != nil {
			if session != nil || !signed.IsZero() || !errors.Is(err, itsdangerous.ErrBadPayload) {
				t.Fatalf("%v, %v, %v", session, signed, err)
			}
			if body != nil || !issued.IsZero() || legacyErr == nil || legacyErr.Error() != err.Error() {
				t.Fatalf("refused with %v, and without tags %q, %v", err, body, legacyErr)
			}
			return
		}
		if legacyErr != nil || payload.CheckJSON(body, nil) != nil || len(body) > len(data) {
			t.Fatalf("without tags: %q, %v", body, legacyErr)
		}

		again, err := s.Dumps(session)
		if err != nil {
			if strings.Contains(err.Error(), "MaxDecoded") {
				return // ASCII takes up to three times the bytes of UTF-8
			}
			t.Fatal(err)
		}
		reread, _, err := s.Loads(again)
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(session, reread) {
			t.Fatalf("%#v was written, and %#v read", session, reread)
		}
	})
}
