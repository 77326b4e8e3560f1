package flask_test

import (
	"bytes"
	"compress/zlib"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/flask"
	"github.com/sealring/sealring/compat/itsdangerous"
)

const secretKey = "a secret key"

// frozen is the second at which Flask made the cookies of these tests.
var frozen = time.Unix(1767225600, 0)

func frozenClock() time.Time { return frozen }

func mustSessions(t testing.TB, fallbacks []string, o *flask.Options) *flask.Sessions {
	t.Helper()
	s, err := flask.NewSessions(secretKey, fallbacks, o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// frozenSessions are those of the second at which Flask made the cookies.
func frozenSessions(t testing.TB) *flask.Sessions {
	return mustSessions(t, nil, &flask.Options{Now: frozenClock})
}

func mustDump(t testing.TB, s *flask.Sessions, session map[string]any) string {
	t.Helper()
	cookie, err := s.Dumps(session)
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

// sign makes a cookie of any text, as somebody who has the key could.
func sign(t testing.TB, text string) string {
	t.Helper()
	signer, err := itsdangerous.NewTimestampSigner([]string{secretKey}, &itsdangerous.Options{
		Salt: []byte("cookie-session"), KeyDerivation: itsdangerous.HMAC, Now: frozenClock,
	})
	if err != nil {
		t.Fatal(err)
	}
	cookie, err := signer.Sign(text)
	if err != nil {
		t.Fatal(err)
	}
	return cookie
}

// signJSON makes a cookie of any payload.
func signJSON(t testing.TB, payload string) string {
	t.Helper()
	return sign(t, base64.RawURLEncoding.EncodeToString([]byte(payload)))
}

// signDeflated makes a cookie of a payload that is compressed.
func signDeflated(t testing.TB, payload []byte) string {
	t.Helper()
	var stream bytes.Buffer
	w := zlib.NewWriter(&stream)
	w.Write(payload)
	w.Close()
	return sign(t, "."+base64.RawURLEncoding.EncodeToString(stream.Bytes()))
}

// payloadOf is the JSON in a cookie.
func payloadOf(t testing.TB, cookie string) string {
	t.Helper()
	text, compressed := strings.CutPrefix(cookie, ".")
	text, _, _ = strings.Cut(text, ".")
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	if compressed {
		r, err := zlib.NewReader(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		if b, err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
	}
	return string(b)
}

func equal(t testing.TB, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// refuses checks that neither reading opens a cookie, that both fail with a class, and that all else is zero.
func refuses(t testing.TB, s *flask.Sessions, cookie string, class error) error {
	t.Helper()
	session, signed, err := s.Loads(cookie)
	if session != nil || !signed.IsZero() || !errors.Is(err, class) {
		t.Errorf("Loads: %v, %v, error %v, want class %v", session, signed, err, class)
	}
	if err != nil && !strings.HasPrefix(err.Error(), "flask: ") {
		t.Errorf("says %v", err)
	}
	body, issued, legacyErr := s.OpenLegacy(cookie)
	if body != nil || !issued.IsZero() || !errors.Is(legacyErr, class) {
		t.Errorf("OpenLegacy: %s, %v, error %v, want class %v", body, issued, legacyErr, class)
	}
	return err
}

func at(year int, month time.Month, day, hour, minute, second int) time.Time {
	return time.Date(year, month, day, hour, minute, second, 0, time.UTC)
}

var someUUID = flask.UUID{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}

// known are cookies that Flask 3.1.3 made of sessions, on Python 3.11.
var known = map[string]struct {
	session map[string]any
	cookie  string
}{
	"empty": {map[string]any{}, "e30.aVW5AA.HmxtPx0mR-7zAQnxmV6vVlVFqV8"},
	"plain": {
		map[string]any{
			"user_id": json.Number("123"), "name": "admin", "ok": true, "none": nil, "list": []any{json.Number("1"), "a"},
		},
		"eyJsaXN0IjpbMSwiYSJdLCJuYW1lIjoiYWRtaW4iLCJub25lIjpudWxsLCJvayI6dHJ1ZSwidXNlcl9pZCI6MTIzfQ.aVW5AA." +
			"HCO5wWpjl9A5N83k6U5BSZRy7Tg",
	},
	"numbers": { // 1.0 is no int, and 2**70 no float
		map[string]any{
			"f": []any{
				json.Number("1.0"), json.Number("-0.0"), json.Number("1e+16"), json.Number("1e-05"), json.Number("0.0001"),
				json.Number("1.5"),
			},
			"i": []any{json.Number("1180591620717411303424"), json.Number("-1"), json.Number("0")},
		},
		"eyJmIjpbMS4wLC0wLjAsMWUrMTYsMWUtMDUsMC4wMDAxLDEuNV0sImkiOlsxMTgwNTkxNjIwNzE3NDExMzAzNDI0LC0xLDBdfQ.aVW5AA." +
			"Et0NiixwWw5CRbxpXZoWBrePElw",
	},
	"tuple": {
		map[string]any{"t": flask.Tuple{json.Number("1"), flask.Tuple{"a"}, flask.Tuple{}}, "l": []any{}},
		".eJyrVspRsoqO1VEqUbKqVlIAktGGOlCGUqJSbC2ME1sbW1sLACSaDS0.aVW5AA.n4m_u-VHge3uVabvkioC0Pn_w10",
	},
	"bytes": {
		map[string]any{"b": []byte{0, 0xff}, "e": []byte{}},
		"eyJiIjp7IiBiIjoiQVA4PSJ9LCJlIjp7IiBiIjoiIn19.aVW5AA.pI7m1-rvcDkFdPBrVPXxD0ii3jQ",
	},
	"markup": {
		map[string]any{"m": flask.Markup("<b>ü</b>")},
		"eyJtIjp7IiBtIjoiPGI-XHUwMGZjPC9iPiJ9fQ.aVW5AA.g1iIGnciVBsU3j1PHRTGYmL6EJI",
	},
	"uuid": {
		map[string]any{"u": someUUID},
		".eJyrVipVsqpWUgCSSgaGRsYmpmbmFpaJSckpqWnofKXaWgAkvgz_.aVW5AA.aGYkbCekX-WWHtUl302SU65ovgQ",
	},
	"datetime": { // with microseconds, the first and the last that come back, and in another zone
		map[string]any{"d": []any{
			at(2026, 1, 2, 3, 4, 5), at(100, 1, 1, 0, 0, 0), at(9999, 12, 31, 23, 59, 59), at(2026, 1, 1, 5, 0, 0),
		}},
		".eJyrVkpRsoquVlIAUkpuRZk6CgZGCl6JeQpGBkZmCgbGVgYmVgamCu6-IUq1OijKDMHKDAwNDBQMDKzACIsyY0MFl9RkBUsgUDAytjK1BCJUZSEZ" +
			"pXDTIJaaIpsWWwsAfZknDQ.aVW5AA.OGaJXA1CqHpXTx79gFKP_26xftM",
	},
	"dict that looks like a tag": {
		map[string]any{" t": json.Number("1")}, "eyIgZGkiOnsiIHRfXyI6MX19.aVW5AA.UKfJCg7nxrqanO051G6t_LT2eoQ",
	},
	"twice escaped": {
		map[string]any{" di": map[string]any{" t": flask.Tuple{[]byte("x")}}},
		".eJyrVlJIyVSyqgZR8fFQBpgqgXJLlKyigVSSkpVSqqOtrVJtbC0IAADRHxDO.aVW5AA.xQE00j185yIEAxncQJpbELa95PY",
	},
	"no tag": { // two keys, and a key that only an escape could have
		map[string]any{" t": json.Number("1"), "a": map[string]any{" t__": json.Number("2")}},
		"eyIgdCI6MSwiYSI6eyIgdF9fIjoyfX0.aVW5AA.Kxd-V5YqLsh6R63cR82ePvTS_qA",
	},
	"text": {
		map[string]any{"\x7f€😀": "\x00\x1f\"\\/\b\f\n\r\t\u2028<>&"},
		"eyJcdTAwN2ZcdTIwYWNcdWQ4M2RcdWRlMDAiOiJcdTAwMDBcdTAwMWZcIlxcL1xiXGZcblxyXHRcdTIwMjg8PiYifQ.aVW5AA." +
			"QBWE4hs_I974cW-BjsSWdd7AfM4",
	},
	"compressed": {
		map[string]any{"a": strings.Repeat("a", 100)},
		".eJyrVkpUslJKpANQqgUAZFsoAA.aVW5AA.ca1rHduXEfsOFktw44xsy820Pb0",
	},
	"nested": {
		map[string]any{"n": flask.Tuple{
			map[string]any{"u": []any{someUUID, map[string]any{" m": flask.Markup("x")}}}, []byte("y"),
		}},
		".eJyrVspTsqpWUihRsoquVioFkwpASsnA0MjYxNTM3MIyMSk5JTUNna9UqwNUmZIJ1p0bHw-hgRorlGpra2PBsklAbmqgra0SkF8LABCbHgQ." +
			"aVW5AA.IzXjzoAUMVzo4okqeM_STecG9B8",
	},
}

func TestKnownCookies(t *testing.T) {
	s := frozenSessions(t)
	for name, c := range known {
		t.Run(name, func(t *testing.T) {
			session, signed, err := s.Loads(c.cookie)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, session, c.session)
			if signed != frozen.UTC() {
				t.Errorf("signed %v", signed)
			}

			// Written again it is byte for byte what Flask wrote, but for how hard zlib tries.
			again := mustDump(t, s, session)
			if payloadOf(t, again) != payloadOf(t, c.cookie) {
				t.Errorf("JSON %s, Flask's is %s", payloadOf(t, again), payloadOf(t, c.cookie))
			}
			if again[0] != '.' && c.cookie[0] != '.' && again != c.cookie {
				t.Errorf("cookie %s, Flask's is %s", again, c.cookie)
			}
		})
	}
}

// One letter of a key that was given as a string in place of a list: Flask opens this cookie with
// SECRET_KEY_FALLBACKS = "old".
const signedWithO = "eyJhIjoxfQ.aVW5AA.Dlr21I3ZZwDPWAAsIOlRuMkmvzM"

func TestKeys(t *testing.T) {
	const (
		signedWithOld     = "eyJhIjoxfQ.aVW5AA._9YN3WHFYyLSP9-4LZDNoZHPuqc"
		signedWithAnother = "eyJhIjoxfQ.aVW5AA.a3gKf9OqqadlX0Y6CYYKNAa-TEY" // one space longer
	)
	want := map[string]any{"a": json.Number("1")}
	o := &flask.Options{Now: frozenClock}
	alone := mustSessions(t, nil, o)
	for _, cookie := range []string{signedWithOld, signedWithO, signedWithAnother} {
		refuses(t, alone, cookie, itsdangerous.ErrBadSignature)
	}

	// A fallback opens, in any place, and the secret key signs.
	for _, fallbacks := range [][]string{{"old"}, {"old", "older"}, {"older", "old"}} {
		before := slices.Clone(fallbacks)
		s := mustSessions(t, fallbacks, o)
		equal(t, fallbacks, before)
		session, _, err := s.Loads(signedWithOld)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, session, want)
		refuses(t, s, signedWithO, itsdangerous.ErrBadSignature)
		if session, _, err := alone.Loads(mustDump(t, s, want)); err != nil {
			t.Errorf("signed with a fallback: %v, %v", session, err)
		}
	}

	// A change of a caller's slice afterwards changes nothing.
	fallbacks := make([]string, 1, 4)
	fallbacks[0] = "old"
	s := mustSessions(t, fallbacks, o)
	fallbacks[0] = "x"
	if _, _, err := s.Loads(signedWithOld); err != nil || fallbacks[:2][1] != "" {
		t.Errorf("%v; behind the slice %q", err, fallbacks[:2][1])
	}
}

func TestAge(t *testing.T) {
	duration := func(d time.Duration) *time.Duration { return &d }
	cookie := mustDump(t, frozenSessions(t), map[string]any{"a": "b"})
	tests := map[string]struct {
		options *flask.Options
		after   time.Duration // from when it was signed
		opens   bool
	}{
		"as old as Flask's default":     {&flask.Options{}, 31 * 24 * time.Hour, true},
		"no options":                    {nil, 0, true},
		"older than it":                 {&flask.Options{}, 31*24*time.Hour + time.Second, false},
		"as old as its lifetime":        {&flask.Options{Lifetime: time.Minute}, time.Minute, true},
		"a fraction older":              {&flask.Options{Lifetime: time.Minute}, time.Minute + time.Second - 1, true},
		"a second older":                {&flask.Options{Lifetime: time.Minute}, time.Minute + time.Second, false},
		"a lifetime of parts":           {&flask.Options{Lifetime: 1}, 0, true},
		"older than a lifetime of none": {&flask.Options{Lifetime: time.Second - 1}, time.Second, false},
		"the longest lifetime":          {&flask.Options{Lifetime: math.MaxInt64}, 200 * 365 * 24 * time.Hour, true},
		"the leeway early":              {&flask.Options{}, -10 * time.Second, true},
		"more than the leeway early":    {&flask.Options{}, -11 * time.Second, false},
		"early without a leeway":        {&flask.Options{Leeway: duration(0)}, -time.Second, false},
		"on time without a leeway":      {&flask.Options{Leeway: duration(0)}, 0, true},
		"early within a long leeway":    {&flask.Options{Leeway: duration(time.Hour)}, -time.Hour, true},
		"the leeway lengthens no age": {
			&flask.Options{Lifetime: time.Minute, Leeway: duration(time.Hour)}, time.Minute + time.Second, false,
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var o flask.Options
			if test.options != nil {
				o = *test.options
			}
			o.Now = func() time.Time { return frozen.Add(test.after) }
			s := mustSessions(t, nil, &o)
			session, signed, err := s.Loads(cookie)
			if (err == nil) != test.opens {
				t.Fatal(session, err)
			}
			if err != nil && (!errors.Is(err, itsdangerous.ErrSignatureExpired) || session != nil || !signed.IsZero()) {
				t.Errorf("%v, %v, %v", session, signed, err)
			}
			// The codec that a cookie moves to looks at its age itself.
			if body, issued, err := s.OpenLegacy(cookie); string(body) != `{"a":"b"}` || issued != frozen.UTC() || err != nil {
				t.Errorf("OpenLegacy: %s, %v, %v", body, issued, err)
			}
		})
	}
	if _, err := flask.NewSessions(secretKey, nil, nil); err != nil {
		t.Errorf("without options: %v", err)
	}
}

func TestTimestamps(t *testing.T) {
	// Flask itself made these; in itsdangerous 2.2 the first ends in a ValueError, and Flask answers 500.
	const (
		milliseconds = "eyJhIjoxfQ.AZt22qgA.1P7POIazU0SisLe_TyL0f75r1kY"
		future       = "eyJhIjoxfQ.aVW5Cw.kV_jnHe7PYW-p8WpsQvjGgC_bO8"
	)
	s := frozenSessions(t)
	refuses(t, s, milliseconds, itsdangerous.ErrBadTimeSignature)
	if session, _, err := s.Loads(future); session != nil || !errors.Is(err, itsdangerous.ErrSignatureExpired) {
		t.Errorf("from the future: %v, %v", session, err)
	}

	for _, now := range []time.Time{time.Unix(0, 0), time.Unix(-1, 0), time.Unix(253402300800, 0), {}} {
		s := mustSessions(t, nil, &flask.Options{Now: func() time.Time { return now }})
		if cookie, err := s.Dumps(map[string]any{}); cookie != "" || !errors.Is(err, itsdangerous.ErrConfig) {
			t.Errorf("signed at %v: %q, %v", now, cookie, err)
		}
	}
}

func TestNewSessionsRefuses(t *testing.T) {
	negative := -time.Second
	for name, c := range map[string]struct {
		key       string
		fallbacks []string
		options   *flask.Options
	}{
		"no key":              {"", nil, nil},
		"fallbacks alone":     {"", []string{"old"}, nil},
		"an empty fallback":   {secretKey, []string{"old", ""}, nil},
		"a negative lifetime": {secretKey, nil, &flask.Options{Lifetime: -1}},
		"a negative leeway":   {secretKey, nil, &flask.Options{Leeway: &negative}},
		"a negative limit":    {secretKey, nil, &flask.Options{MaxDecoded: -1}},
		"too large a limit":   {secretKey, nil, &flask.Options{MaxDecoded: 1<<30 + 1}},
	} {
		s, err := flask.NewSessions(c.key, c.fallbacks, c.options)
		if s != nil || !errors.Is(err, itsdangerous.ErrConfig) || !errors.Is(err, sealring.ErrConfig) {
			t.Errorf("%s: %v, %v", name, s, err)
		}
		if err != nil && (strings.Contains(err.Error(), secretKey) || strings.Contains(err.Error(), "old")) {
			t.Errorf("%s: the error holds a key", name)
		}
	}
	// The number of a key is the one it has in fallbacks.
	_, err := flask.NewSessions(secretKey, []string{"old", ""}, nil)
	if want := "flask: configuration refused: fallback 1 is empty, so that everybody could sign with it"; err.Error() != want {
		t.Errorf("says %q, want %q", err, want)
	}
	_, err = flask.NewSessions("", nil, nil)
	if want := "flask: configuration refused: the secret key is empty, so that everybody could sign with it"; err.Error() != want {
		t.Errorf("says %q, want %q", err, want)
	}
}

// Under GODEBUG=fips140=only, where SHA-1 may not be used, this says so, and nothing panics. The mode is for a whole
// process, so the test runs itself in one.
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
	s, err := flask.NewSessions(secretKey, nil, nil)
	if s != nil || !errors.Is(err, itsdangerous.ErrConfig) || !strings.Contains(err.Error(), "fips140") {
		t.Errorf("%v, %v", s, err)
	}
}

// Only the very text that was signed opens.
func TestMangling(t *testing.T) {
	s := frozenSessions(t)
	cookie := known["plain"].cookie
	for i := range len(cookie) {
		refuses(t, s, cookie[:i], itsdangerous.ErrBadSignature)
		refuses(t, s, cookie[i+1:], itsdangerous.ErrBadSignature)
		refuses(t, s, cookie[:i]+cookie[i+1:], itsdangerous.ErrBadSignature)
		for b := range 256 {
			if changed := cookie[:i] + string([]byte{byte(b)}) + cookie[i+1:]; changed != cookie {
				refuses(t, s, changed, itsdangerous.ErrBadSignature)
			}
		}
	}
	for b := range 256 {
		refuses(t, s, cookie+string([]byte{byte(b)}), itsdangerous.ErrBadSignature)
		refuses(t, s, string([]byte{byte(b)})+cookie, itsdangerous.ErrBadSignature)
	}
	for _, text := range []string{
		"", ".", "..", "...", strings.Repeat(".", 8<<20), "%22" + cookie, `"` + cookie + `"`, cookie + "=", " " + cookie,
	} {
		refuses(t, s, text, itsdangerous.ErrBadSignature)
	}
	if _, _, err := s.Loads(cookie); err != nil {
		t.Fatal(err)
	}
}

// Another salt, derivation or digest signs other things.
func TestOtherSigners(t *testing.T) {
	s := frozenSessions(t)
	for name, o := range map[string]itsdangerous.Options{
		"salt":       {Salt: []byte("cookie"), KeyDerivation: itsdangerous.HMAC},
		"derivation": {Salt: []byte("cookie-session")},
		"digest":     {Salt: []byte("cookie-session"), KeyDerivation: itsdangerous.HMAC, Digest: itsdangerous.SHA256},
	} {
		o.Now = frozenClock
		other, err := itsdangerous.NewURLSafeTimedSerializer[map[string]any]([]string{secretKey}, &o)
		if err != nil {
			t.Fatal(err)
		}
		cookie, err := other.Dumps(map[string]any{"user_id": 1})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(name)
		refuses(t, s, cookie, itsdangerous.ErrBadSignature)
	}
}

func TestErrorsAreTheRootsToo(t *testing.T) {
	s := frozenSessions(t)
	old := mustSessions(t, nil, &flask.Options{Lifetime: time.Second, Now: func() time.Time { return frozen.Add(time.Minute) }})
	_, _, forged := s.Loads("e30.aVW5AA.AAAAAAAAAAAAAAAAAAAAAAAAAAA")
	_, _, expired := old.Loads(known["empty"].cookie)
	_, _, payload := s.Loads(signJSON(t, "[]"))
	_, unwritten := s.Dumps(map[string]any{"a": struct{}{}})
	for _, c := range []struct{ err, class, root error }{
		{forged, itsdangerous.ErrBadSignature, sealring.ErrBadSignature},
		{expired, itsdangerous.ErrSignatureExpired, sealring.ErrExpired},
		{payload, itsdangerous.ErrBadPayload, sealring.ErrBadPayload},
		{unwritten, itsdangerous.ErrBadPayload, sealring.ErrBadPayload},
	} {
		for _, class := range []error{c.class, c.root, itsdangerous.ErrBadData, sealring.ErrInvalid} {
			if !errors.Is(c.err, class) {
				t.Errorf("%v is not %v", c.err, class)
			}
		}
	}
	if errors.Is(payload, itsdangerous.ErrBadSignature) || errors.Is(forged, itsdangerous.ErrBadPayload) {
		t.Error("a class is under another one")
	}
}

func TestNothingPrintsAKey(t *testing.T) {
	const secret, old = "hunter2-hunter2", "correct-horse"
	s, err := flask.NewSessions(secret, []string{old}, nil)
	if err != nil {
		t.Fatal(err)
	}
	mustDump(t, s, map[string]any{"a": 1})
	held := []any{
		s, *s, struct{ S *flask.Sessions }{s}, struct{ s *flask.Sessions }{s}, map[string]any{"s": s}, []*flask.Sessions{s},
	}
	for i, h := range held {
		var out strings.Builder
		for _, verb := range strings.Fields("%v %+v %#v %s %q %x %X %#x %d %o %b %c %U %e %t %p") {
			fmt.Fprintf(&out, verb+"\n", h)
		}
		b, _ := json.Marshal(h)
		out.Write(b)
		slog.New(slog.NewTextHandler(&out, nil)).Info("x", "held", h)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("x", "held", h)
		for _, key := range []string{secret, old} {
			for _, form := range []string{key, fmt.Sprintf("%x", key), fmt.Sprintf("%X", key), fmt.Sprint([]byte(key))[1:20]} {
				if strings.Contains(out.String(), form) {
					t.Errorf("%d shows a key", i)
				}
			}
		}
	}
	if got := fmt.Sprintf("%v %+v %#v", s, s, s); got != "flask.Sessions flask.Sessions flask.Sessions" {
		t.Errorf("prints %q", got)
	}
}

// No error of reading holds anything of a session, and none of writing a value.
func TestErrorsHoldNoValue(t *testing.T) {
	s := frozenSessions(t)
	const private = "private"
	for _, payload := range []string{
		`{"private":{" t":"private"}}`, `{"a":{" b":"private"}}`, `{"a":{" u":"private"}}`, `{"a":{" d":"private"}}`,
		`{"a":{" m":["private"]}}`, `{"a":{" di":{"private":1}}}`, `["private"]`, `"private"`, `{"private":1,"private":2}`, `private`,
	} {
		err := refuses(t, s, signJSON(t, payload), itsdangerous.ErrBadPayload)
		if strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, errors.Unwrap(err)), private) {
			t.Errorf("%s: %v", payload, err)
		}
	}
	for _, value := range []any{
		private + "\xff", json.Number(private), struct{ s string }{private}, &[]string{private}[0], map[int]string{1: private},
	} {
		if _, err := s.Dumps(map[string]any{"a": value}); err == nil || strings.Contains(err.Error(), private) {
			t.Errorf("%T: %v", value, err)
		}
	}
}

func TestManyAtOnce(t *testing.T) {
	s := frozenSessions(t)
	var wait sync.WaitGroup
	for name, c := range known {
		for range 4 {
			wait.Go(func() {
				for range 10 {
					session, _, err := s.Loads(c.cookie)
					if err != nil {
						t.Error(name, err)
						return
					}
					equal(t, session, c.session)
					if _, _, err := s.Loads(mustDump(t, s, session)); err != nil {
						t.Error(name, err)
					}
				}
			})
		}
	}
	wait.Wait()
}

// What Dumps is given it does not change.
func TestDumpsChangesNothing(t *testing.T) {
	s := frozenSessions(t)
	for name, c := range known {
		before := fmt.Sprintf("%#v", c.session)
		mustDump(t, s, c.session)
		if fmt.Sprintf("%#v", c.session) != before {
			t.Errorf("%s: the session changed", name)
		}
	}
}
