package django_test

import (
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// response.set_signed_cookie("theme", "dark:blue") by Django 5.2.19 and 4.2.30, and with SHA-1.
const (
	knownTheme  = "dark:blue:1vb66i:GZR_lCiv96qcoem0OlrNsUmrRjPrcFuFmxNGjW4rjyY"
	legacyTheme = "dark:blue:1vb66i:Hm7-KA_LzkY9v-ZzuCoQXLbBC3UAi4EBsraChQI4AzU"
	sha1Theme   = "dark:blue:1vb66i:khXyW7cnyCnx7TDArY1C-veMmy4"
)

func TestCookie(t *testing.T) {
	for _, c := range []struct {
		name, salt, v2, legacy, value string
	}{
		{"theme", "", knownTheme, legacyTheme, "dark:blue"},
		{"theme", "s", "dark:blue:1vb66i:PBiaWPUBwQ8Y2yG0HLMEoXsavdoIM_sm4DzVN1t4eyI",
			"dark:blue:1vb66i:bU_-YFa9Hn1U3CFtRBNh-96C1vu_5hk-R77tx6et5O0", "dark:blue"},
		// Four code points of five bytes.
		{"theme", "caf\u00e9", "dark:blue:1vb66i:p-ttgRYyw0rduqyOxerB4AYdckgN__NIAh6VPTRpGfc",
			"dark:blue:1vb66i:sojF4WUzetqoxwo3fxblY3WsvI5m5HvDmcwoIsXP_Qo", "dark:blue"},
		{"a", "bc", "1:1vb66i:ETUdRDkCjwMOvhF0p1bX2SXqiVZ5SqO8DUohPG_sJzs",
			"1:1vb66i:DGOgfZFg6wA0tmodFbd9vei9kgyUlGovFEqcJUoq1U4", "1"},
		{"ab", "c", "1:1vb66i:D2_2il-YMn3eK4YqyXBlnq8R3ZmusQVXjvJa4fU282M",
			"1:1vb66i:DGOgfZFg6wA0tmodFbd9vei9kgyUlGovFEqcJUoq1U4", "1"},
	} {
		for kind, reads := range map[django.CookieSalt]struct{ writes, refuses string }{
			django.CookieSaltV2:         {c.v2, c.legacy},
			django.CookieSaltV2OrLegacy: {c.v2, ""},
			django.CookieSaltLegacy:     {c.legacy, ""},
		} {
			cookie := mustCookie(t, c.name, &django.Options{Salt: []byte(c.salt), CookieSalt: kind, Now: clock})
			if signed, err := cookie.Sign(c.value); signed != reads.writes || err != nil {
				t.Errorf("%s %q %d: signed %s, %v", c.name, c.salt, kind, signed, err)
			}
			for _, signed := range []string{c.v2, c.legacy} {
				value, at, err := cookie.Unsign(signed, time.Minute)
				if signed == reads.refuses {
					failsWith(t, err, itsdangerous.ErrBadSignature)
					if value != "" || !at.IsZero() {
						t.Errorf("%q, %v beside an error", value, at)
					}
				} else if value != c.value || !at.Equal(knownTime) || err != nil {
					t.Errorf("%s %q %d: %q, %v, %v", c.name, c.salt, kind, value, at, err)
				}
			}
		}
	}
}

// The value of one cookie moves to another where name and salt run together, and nowhere else.
func TestCookieSaltsRunTogether(t *testing.T) {
	moves := func(kind django.CookieSalt) bool {
		from := mustCookie(t, "role", &django.Options{Salt: []byte("_admin"), CookieSalt: kind, Now: clock})
		to := mustCookie(t, "role_", &django.Options{Salt: []byte("admin"), CookieSalt: kind, Now: clock})
		signed, err := from.Sign("yes")
		if err != nil {
			t.Fatal(err)
		}
		_, _, err = to.UnsignAnyAge(signed)
		return err == nil
	}
	if moves(django.CookieSaltV2) || moves(django.CookieSaltV2OrLegacy) || !moves(django.CookieSaltLegacy) {
		t.Error("not as the documentation has it")
	}
}

func TestCookiesAreApart(t *testing.T) {
	sign := func(name string, o django.Options) string {
		o.Now = clock
		signed, err := mustCookie(t, name, &o).Sign("x")
		if err != nil {
			t.Fatal(err)
		}
		return signed
	}
	seen := map[string]string{}
	for what, signed := range map[string]string{
		"a":                 sign("a", django.Options{}),
		"b":                 sign("b", django.Options{}),
		"composed":          sign("caf\u00e9", django.Options{}),
		"decomposed":        sign("cafe\u0301", django.Options{}),
		"salted":            sign("a", django.Options{Salt: []byte("s")}),
		"salt composed":     sign("a", django.Options{Salt: []byte("\u00e9")}),
		"salt decomposed":   sign("a", django.Options{Salt: []byte("e\u0301")}),
		"salt with a colon": sign("a", django.Options{Salt: []byte("1:s")}),
		"older salt":        sign("a", django.Options{CookieSalt: django.CookieSaltLegacy}),
		"not a cookie":      forge(t, knownKey, "django.http.cookies.v2:0:a", "x:"+knownStamp),
	} {
		if other, ok := seen[signed]; ok {
			t.Errorf("%s and %s are one", what, other)
		}
		seen[signed] = what
		if _, _, err := mustCookie(t, "a", nil).UnsignAnyAge(signed); (err == nil) != (what == "a") {
			t.Errorf("%s opens as a: %v", what, err)
		}
	}
}

func TestCookieRotation(t *testing.T) {
	cookie, err := django.NewCookie("theme", "another-key", []string{olderKey, knownKey}, &django.Options{
		CookieSalt: django.CookieSaltV2OrLegacy, LegacySHA1: true, Now: clock,
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, signed := range []string{knownTheme, legacyTheme, sha1Theme} {
		if value, _, err := cookie.Unsign(signed, time.Minute); value != "dark:blue" || err != nil {
			t.Errorf("%q, %v", value, err)
		}
	}
	if signed, err := cookie.Sign("dark:blue"); signed == knownTheme || err != nil {
		t.Errorf("signed with a fallback key: %v", err)
	}
	_, _, err = mustCookie(t, "theme", &django.Options{LegacySHA1: true, Now: clock}).Unsign(sha1Theme, time.Minute)
	failsWith(t, err, itsdangerous.ErrBadSignature)
}

// An expired cookie is expired, whichever salt it has, and never tried under another one.
func TestCookieAge(t *testing.T) {
	cookie := mustCookie(t, "theme", &django.Options{
		CookieSalt: django.CookieSaltV2OrLegacy, Now: clockAt(knownTime.Add(time.Minute + 1)),
	})
	for _, signed := range []string{knownTheme, legacyTheme} {
		value, at, err := cookie.Unsign(signed, time.Minute)
		failsWith(t, err, itsdangerous.ErrSignatureExpired)
		if value != "" || !at.IsZero() {
			t.Errorf("%q, %v beside an error", value, at)
		}
		if value, _, err := cookie.UnsignAnyAge(signed); value != "dark:blue" || err != nil {
			t.Errorf("%q, %v", value, err)
		}
	}
}

func TestMangledCookies(t *testing.T) {
	cookie := mustCookie(t, "theme", &django.Options{CookieSalt: django.CookieSaltV2OrLegacy, Now: clock})
	for _, signed := range []string{knownTheme, legacyTheme} {
		for i := range len(signed) {
			_, _, err := cookie.UnsignAnyAge(signed[:i])
			failsWith(t, err, itsdangerous.ErrBadSignature)
			for b := range 256 {
				if byte(b) == signed[i] {
					continue
				}
				value, at, err := cookie.UnsignAnyAge(signed[:i] + string([]byte{byte(b)}) + signed[i+1:])
				if value != "" || !at.IsZero() || err == nil {
					t.Fatalf("byte %d as %d: %q, %v, %v", i, b, value, at, err)
				}
			}
		}
		_, _, err := cookie.UnsignAnyAge(`"` + signed + `"`) // as a header may have it
		failsWith(t, err, itsdangerous.ErrBadSignature)
	}
}

func TestBadCookies(t *testing.T) {
	cookie := mustCookie(t, "theme", &django.Options{CookieSalt: django.CookieSaltV2OrLegacy, Now: clock})
	for text, class := range map[string]error{
		"":                      itsdangerous.ErrBadTimeSignature,
		"dark":                  itsdangerous.ErrBadTimeSignature,
		"dark:":                 itsdangerous.ErrBadTimeSignature,
		"dark:-1vb66i":          itsdangerous.ErrBadTimeSignature,
		"dark:LygHa16AHYG":      itsdangerous.ErrBadTimeSignature,
		"\xff:" + knownStamp:    itsdangerous.ErrBadPayload,
		"\xff:" + "01vb66i":     itsdangerous.ErrBadTimeSignature,
		"\xed\xa0\x80:1vb66i":   itsdangerous.ErrBadPayload,
		"dark:1vb66i:":          itsdangerous.ErrBadTimeSignature,
		strings.Repeat(":", 99): itsdangerous.ErrBadTimeSignature,
	} {
		for _, salt := range []string{"django.http.cookies.v2:0:theme", "theme"} {
			value, at, err := cookie.UnsignAnyAge(forge(t, "django.http.cookies"+knownKey, salt, text))
			failsWith(t, err, class)
			if value != "" || !at.IsZero() {
				t.Errorf("%q, %v beside an error", value, at)
			}
		}
	}
	for _, text := range []string{"", "null", ":", "dark:blue", strings.Repeat(":", 8<<20)} {
		_, _, err := cookie.UnsignAnyAge(text)
		failsWith(t, err, itsdangerous.ErrBadSignature)
	}
}

func TestCookieSignRefuses(t *testing.T) {
	signed, err := mustCookie(t, "theme", nil).Sign("\xff")
	failsWith(t, err, itsdangerous.ErrBadPayload)
	if signed != "" {
		t.Errorf("%q beside an error", signed)
	}
	_, err = mustCookie(t, "theme", &django.Options{Now: clockAt(time.Time{})}).Sign("x")
	failsWith(t, err, itsdangerous.ErrConfig)
}

func TestCookieOpensLegacy(t *testing.T) {
	cookie := mustCookie(t, "theme", &django.Options{CookieSalt: django.CookieSaltV2OrLegacy, Now: clock})
	for _, signed := range []string{knownTheme, legacyTheme} {
		body, issued, err := cookie.OpenLegacy(signed)
		if string(body) != `"dark:blue"` || !issued.Equal(knownTime) || err != nil {
			t.Errorf("%s, %v, %v", body, issued, err)
		}
	}
	body, issued, err := cookie.OpenLegacy(knownTheme[1:])
	failsWith(t, err, itsdangerous.ErrBadSignature)
	if body != nil || !issued.IsZero() {
		t.Errorf("%s, %v beside an error", body, issued)
	}
}
