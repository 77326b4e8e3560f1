package django_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// constructors are all of them, with what is the same to all.
var constructors = map[string]func(key string, fallbacks []string, o *django.Options) (fmt.Formatter, error){
	"Signer": func(key string, fallbacks []string, o *django.Options) (fmt.Formatter, error) {
		return django.NewSigner[any](key, fallbacks, o)
	},
	"TimestampSigner": func(key string, fallbacks []string, o *django.Options) (fmt.Formatter, error) {
		return django.NewTimestampSigner(key, fallbacks, o)
	},
	"Cookie": func(key string, fallbacks []string, o *django.Options) (fmt.Formatter, error) {
		return django.NewCookie("theme", key, fallbacks, o)
	},
	"CookieSessions": func(key string, fallbacks []string, o *django.Options) (fmt.Formatter, error) {
		return django.NewCookieSessions[any](key, fallbacks, o)
	},
	"StoredSessions": func(key string, fallbacks []string, o *django.Options) (fmt.Formatter, error) {
		return django.NewStoredSessions[any](key, fallbacks, o)
	},
}

func TestConfiguration(t *testing.T) {
	negative := -time.Second
	for name, construct := range constructors {
		for what, c := range map[string]struct {
			key       string
			fallbacks []string
			options   *django.Options
		}{
			"no key":            {"", nil, nil},
			"no key, fallbacks": {"", []string{knownKey}, nil},
			"empty fallback":    {knownKey, []string{olderKey, ""}, nil},
			"salt not UTF-8":    {knownKey, nil, &django.Options{Salt: []byte("\xff")}},
			"half a pair":       {knownKey, nil, &django.Options{Salt: []byte("\xed\xa0\x80")}},
			"cookie salt -1":    {knownKey, nil, &django.Options{CookieSalt: -1}},
			"cookie salt 3":     {knownKey, nil, &django.Options{CookieSalt: 3}},
			"negative age":      {knownKey, nil, &django.Options{SessionCookieAge: -1}},
			"negative limit":    {knownKey, nil, &django.Options{MaxDecoded: -1}},
			"limit over 1 GiB":  {knownKey, nil, &django.Options{MaxDecoded: 1<<30 + 1}},
			"negative leeway":   {knownKey, nil, &django.Options{Leeway: &negative}},
		} {
			_, err := construct(c.key, c.fallbacks, c.options)
			failsWith(t, err, itsdangerous.ErrConfig)
			if !errors.Is(err, sealring.ErrConfig) || errors.Is(err, itsdangerous.ErrBadData) ||
				err != nil && !strings.HasPrefix(err.Error(), "django: configuration refused: ") {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
		for what, o := range map[string]*django.Options{
			"none": nil, "zero": {}, "the most": {MaxDecoded: 1 << 30, SessionCookieAge: 1<<63 - 1, LegacySHA1: true},
		} {
			if _, err := construct(knownKey, []string{olderKey}, o); err != nil {
				t.Errorf("%s, %s: %v", name, what, err)
			}
		}
	}
	for _, name := range []string{"", "\xff"} {
		_, err := django.NewCookie(name, knownKey, nil, nil)
		failsWith(t, err, itsdangerous.ErrConfig)
	}
	for name, construct := range map[string]func() error{
		"CookieSessions": func() error { _, err := django.NewCookieSessions[func()](knownKey, nil, nil); return err },
		"StoredSessions": func() error { _, err := django.NewStoredSessions[func()](knownKey, nil, nil); return err },
	} {
		if err := construct(); !errors.Is(err, itsdangerous.ErrConfig) {
			t.Errorf("%s of functions: %v", name, err)
		}
	}
}

// Under GODEBUG=fips140=only SHA-256 works, SHA-1 is refused, and nothing panics. The mode is for a whole process, so the
// test runs itself in one.
func TestFIPS140Only(t *testing.T) {
	if os.Getenv("SEALRING_TEST_FIPS") == "" {
		cmd := exec.Command(os.Args[0], "-test.run=^TestFIPS140Only$", "-test.v", "-test.count=1")
		cmd.Env = append(os.Environ(), "GODEBUG=fips140=only", "SEALRING_TEST_FIPS=1")
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "--- PASS: TestFIPS140Only") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if value, _, err := mustSigner[string](t, nil).Loads(knownHello, time.Minute); value != "hello" || err != nil {
		t.Errorf("%q, %v", value, err)
	}
	for _, construct := range constructors {
		_, err := construct(knownKey, nil, &django.Options{LegacySHA1: true})
		failsWith(t, err, itsdangerous.ErrConfig)
		if err == nil || !strings.Contains(err.Error(), "fips140") {
			t.Errorf("the error does not tell why: %v", err)
		}
	}
}

// Everything is one value for all of a program's goroutines.
func TestConcurrently(t *testing.T) {
	s := mustSigner[map[string]any](t, &django.Options{Compress: true, LegacySHA1: true, Now: clock})
	cookie := mustCookie(t, "theme", &django.Options{CookieSalt: django.CookieSaltV2OrLegacy, Now: clock})
	var wait sync.WaitGroup
	for range 8 {
		wait.Go(func() {
			for range 100 {
				signed, err := s.Dumps(knownSession())
				if err != nil {
					t.Error(err)
				}
				if session, _, err := s.Loads(signed, time.Minute); len(session) != 4 || err != nil {
					t.Error(session, err)
				}
				if value, _, err := cookie.Unsign(legacyTheme, time.Minute); value != "dark:blue" || err != nil {
					t.Error(value, err)
				}
			}
		})
	}
	wait.Wait()
}
