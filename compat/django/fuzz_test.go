package django_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// FuzzCookie: no text makes a cookie panic, as it comes and behind a good signature, and what opens is the text that
// signing gives for its value at its time.
func FuzzCookie(f *testing.F) {
	f.Add(knownTheme)                    // of Django 5.2.19
	f.Add(legacyTheme)                   // of 4.2.30
	f.Add("dark:blue:1vb66i")            // good, once signed
	f.Add(":1vb66i")                     // an empty value
	f.Add("")                            // no timestamp
	f.Add("x:")                          // one of no digits
	f.Add("x:-1")                        // a sign
	f.Add("x:01vb66i")                   // a leading zero
	f.Add("x:AzL8n0Y58m8")               // 2^63
	f.Add("x:LygHa16AHYG")               // 2^64
	f.Add("\xff:1vb66i")                 // not UTF-8
	f.Add("cafe\u0301:1vb66i")           // decomposed
	f.Add(strings.Repeat(":", 100))      // separators
	f.Add("dark:blue:1vb66i:1vb66i:AAA") // more fields
	var now time.Time
	cookie := mustCookie(f, "theme", &django.Options{
		CookieSalt: django.CookieSaltV2OrLegacy, Now: func() time.Time { return now },
	})
	forger := mustForger(f, "django.http.cookies"+knownKey, "django.http.cookies.v2:0:theme")
	f.Fuzz(func(t *testing.T, text string) {
		for _, signed := range []string{text, forger.Sign(text)} {
			value, at, err := cookie.UnsignAnyAge(signed)
			body, issued, legacyErr := cookie.OpenLegacy(signed)
			if (err == nil) != (legacyErr == nil) || (body == nil) != (err != nil) || !issued.Equal(at) {
				t.Fatalf("%v; %q, %v, %v", err, body, issued, legacyErr)
			}
			if err != nil {
				if value != "" || !at.IsZero() || !errors.Is(err, itsdangerous.ErrBadData) {
					t.Fatalf("%q, %v, %v", value, at, err)
				}
				continue
			}
			now = at
			again, err := cookie.Sign(value)
			if err != nil || again != signed && signed != legacyTheme {
				t.Fatalf("%q signs to %q, %v", signed, again, err)
			}
			if _, _, err := cookie.Unsign(signed, 0); err != nil {
				t.Fatal(err)
			}
		}
	})
}
