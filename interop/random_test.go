package interop

import (
	"encoding/json"
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/flask"
	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/compat/starlette"
)

// now is peer.py's.
var now = time.Unix(1767225600, 0)

func clock() time.Time { return now }

const maxAge = 10 * time.Second

// A maker makes random values.
type maker struct {
	*rand.Rand
	flask bool // with the types of Flask's tagged JSON
}

var words = []string{
	"", "user_id", "admin", " t", " b", " d", " di", " u", " m", " t__", "a b", "mañana", "無限", "🔑🔒", "\u2028", "<b>&amp;\"'</b>", "\x00\x1f\x7f",
	"\\ufffd", "null", "__proto__", ".", ":", "sr1_", strings.Repeat("long ", 60),
}

func (m maker) text() string {
	var b strings.Builder
	for range m.IntN(3) {
		b.WriteString(words[m.IntN(len(words))])
	}
	return b.String()
}

func (m maker) number() json.Number {
	switch m.IntN(5) {
	case 0:
		return json.Number(strconv.Itoa(m.IntN(200) - 100))
	case 1:
		return json.Number(strconv.FormatInt(m.Int64()-m.Int64(), 10))
	case 2:
		n := new(big.Int).Lsh(big.NewInt(m.Int64()), uint(m.IntN(200)))
		return json.Number(n.String())
	case 3:
		return json.Number([]string{"0.0", "-0.0", "1.0", "0.1", "1e-300", "1.7976931348623157e+308", "5e-324", "9007199254740993.0"}[m.IntN(8)])
	}
	for {
		if f := math.Float64frombits(m.Uint64()); !math.IsNaN(f) && !math.IsInf(f, 0) {
			if s := strconv.FormatFloat(f, 'g', -1, 64); strings.ContainsAny(s, ".e") {
				return json.Number(s)
			}
		}
	}
}

func (m maker) value(depth int) any {
	kinds := 7
	if m.flask {
		kinds = 12
	}
	if depth == 0 {
		kinds -= 2 // without containers
	}
	switch n := m.IntN(kinds); {
	case n == 0:
		return nil
	case n == 1:
		return m.IntN(2) == 0
	case n == 2:
		return m.number()
	case n < 5:
		return m.text()
	case kinds < 10 && n == 5 && depth > 0:
		return m.list(depth)
	case kinds < 10 && depth > 0:
		return m.object(depth)
	case n == 5:
		return []byte(m.text())
	case n == 6:
		return flask.Markup(m.text())
	case n == 7:
		var id flask.UUID
		for i := range id {
			id[i] = byte(m.Uint32())
		}
		return id
	case n == 8:
		return time.Unix(m.Int64N(253402300799), 0).UTC()
	case n == 9:
		if depth > 0 {
			return flask.Tuple(m.list(depth))
		}
		return flask.Tuple{}
	case n == 10:
		return m.list(depth)
	}
	return m.object(depth)
}

func (m maker) list(depth int) []any {
	list := []any{}
	for range m.IntN(4) {
		list = append(list, m.value(depth-1))
	}
	return list
}

func (m maker) object(depth int) map[string]any {
	object := map[string]any{}
	for range m.IntN(4) {
		object[m.text()] = m.value(depth - 1)
	}
	return object
}

// keys returns one to three keys, oldest first.
func (m maker) keys() []string {
	keys := []string{}
	for i := range 1 + m.IntN(3) {
		keys = append(keys, fmt.Sprintf("key %d %s %d", i, m.text(), m.Uint32()))
	}
	return keys
}

// A side is Go's side of one kind of token.
type side struct {
	request request // what Python is to be told
	value   any
	dumps   func(any) (string, error)
	loads   func(string) (any, error)
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// itsdangerous returns a side of one of the six classes.
func (m maker) itsdangerous() side {
	class := []string{"Signer", "TimestampSigner", "Serializer", "TimedSerializer", "URLSafeSerializer", "URLSafeTimedSerializer"}[m.IntN(6)]
	r := request{
		Kind: class, Keys: m.keys(), Salt: m.text(), Sep: []string{".", ":", "::", "a.", "·"}[m.IntN(5)],
		KeyDerivation: []string{"django-concat", "concat", "hmac", "none"}[m.IntN(4)],
		Digest:        []string{"sha1", "sha256", "sha384", "sha512"}[m.IntN(4)],
	}
	o := &itsdangerous.Options{
		Salt: []byte(r.Salt), Sep: r.Sep, KeyDerivation: itsdangerous.KeyDerivation(r.KeyDerivation),
		Digest: itsdangerous.Digest(r.Digest), Now: clock,
	}
	s := side{request: r, value: m.value(4)}
	switch class {
	case "Signer":
		signer := must(itsdangerous.NewSigner(r.Keys, o))
		s.value = m.text()
		s.dumps = func(v any) (string, error) { return signer.Sign(v.(string)), nil }
		s.loads = func(signed string) (any, error) { return signer.Unsign(signed) }
	case "TimestampSigner":
		signer := must(itsdangerous.NewTimestampSigner(r.Keys, o))
		s.value = m.text()
		s.dumps = func(v any) (string, error) { return signer.Sign(v.(string)) }
		s.loads = func(signed string) (any, error) { return timed(signer.Unsign(signed, maxAge)) }
	case "Serializer":
		serializer := must(itsdangerous.NewSerializer[any](r.Keys, o))
		s.dumps, s.loads = serializer.Dumps, serializer.Loads
	case "URLSafeSerializer":
		serializer := must(itsdangerous.NewURLSafeSerializer[any](r.Keys, o))
		s.dumps, s.loads = serializer.Dumps, serializer.Loads
	case "TimedSerializer":
		serializer := must(itsdangerous.NewTimedSerializer[any](r.Keys, o))
		s.dumps = serializer.Dumps
		s.loads = func(signed string) (any, error) { return timed(serializer.Loads(signed, maxAge)) }
	default:
		serializer := must(itsdangerous.NewURLSafeTimedSerializer[any](r.Keys, o))
		s.dumps = serializer.Dumps
		s.loads = func(signed string) (any, error) { return timed(serializer.Loads(signed, maxAge)) }
	}
	return s
}

// timed passes a value on if it was signed now.
func timed[T any](value T, signed time.Time, err error) (any, error) {
	if err == nil && !signed.Equal(now) {
		err = fmt.Errorf("signed at %v", signed)
	}
	return value, err
}

// newest returns the last key, as Django and Flask have it, and the others.
func newest(keys []string) (string, []string) { return keys[len(keys)-1], keys[:len(keys)-1] }

func (m maker) django(salt django.CookieSalt) side {
	r := request{Keys: m.keys(), Salt: m.text() + "x", Compress: m.IntN(2) == 0}
	key, fallbacks := newest(r.Keys)
	o := &django.Options{Now: clock, Salt: []byte(r.Salt), Compress: r.Compress, CookieSalt: salt}
	s := side{value: m.value(4)}
	switch m.IntN(4) {
	case 0:
		r.Kind = "django_dumps"
		signer := must(django.NewSigner[any](key, fallbacks, o))
		s.dumps = signer.Dumps
		s.loads = func(signed string) (any, error) { return timed(signer.Loads(signed, maxAge)) }
	case 1:
		r.Kind, r.Name = "django_cookie", []string{"theme", "a-b", "_x"}[m.IntN(3)]
		cookie := must(django.NewCookie(r.Name, key, fallbacks, o))
		s.value = m.text()
		s.dumps = func(v any) (string, error) { return cookie.Sign(v.(string)) }
		s.loads = func(signed string) (any, error) { return timed(cookie.Unsign(signed, maxAge)) }
	case 2:
		r.Kind = "django_cookie_session"
		sessions := must(django.NewCookieSessions[any](key, fallbacks, &django.Options{Now: clock}))
		s.value = m.object(4)
		s.dumps = sessions.Dumps
		s.loads = func(signed string) (any, error) { return timed(sessions.Loads(signed)) }
	default:
		r.Kind = "django_stored_session"
		sessions := must(django.NewStoredSessions[any](key, fallbacks, &django.Options{Now: clock}))
		s.value = m.object(4)
		s.dumps = sessions.Dumps
		s.loads = func(signed string) (any, error) { return timed(sessions.Loads(signed)) }
	}
	s.request = r
	return s
}

func (m maker) flaskSession() side {
	m.flask = true
	r := request{Kind: "flask", Keys: m.keys()}
	key, fallbacks := newest(r.Keys)
	sessions := must(flask.NewSessions(key, fallbacks, &flask.Options{Now: clock}))
	return side{
		r, m.object(5),
		func(v any) (string, error) { return sessions.Dumps(v.(map[string]any)) },
		func(cookie string) (any, error) { return timed(sessions.Loads(cookie)) },
	}
}

func (m maker) starletteSession() side {
	r := request{Kind: "starlette", Keys: m.keys()}
	sessions := must(starlette.NewSessions[map[string]any](r.Keys, &starlette.Options{Now: clock}))
	session := m.object(4)
	session["never empty"] = true // of an empty one Starlette makes no cookie
	return side{
		r, session,
		func(v any) (string, error) { return sessions.Dumps(v.(map[string]any)) },
		func(cookie string) (any, error) { return timed(sessions.Loads(cookie)) },
	}
}

// What each side signs, with the newest key or an older one, the other opens to an equal value.
func TestRandomValues(t *testing.T) {
	const cases = 10000
	all, old := startPeer(t, venv), startPeer(t, venvDjango42)
	m := maker{Rand: rand.New(rand.NewPCG(2, 2))}
	counts := map[string]int{}
	for i := range cases {
		var s side
		python, name := all, ""
		switch n := i % 10; {
		case n < 4:
			s = m.itsdangerous()
		case n < 6:
			s = m.django(django.CookieSaltV2)
		case n == 6:
			s, python, name = m.django(django.CookieSaltLegacy), old, " 4.2"
		case n < 9:
			s = m.flaskSession()
		default:
			s = m.starletteSession()
		}
		counts[s.request.Kind+name]++
		if err := s.both(m, python); err != nil {
			t.Fatalf("case %d, %+v of %s: %v", i, s.request, text(s.value), err)
		}
	}
	t.Logf("%d values, each signed in Go and opened in Python, and the other way: %v", cases, counts)
}

// both takes a value from Go to Python and from Python to Go.
func (s side) both(m maker, python *peer) error {
	want := text(s.value)

	signed, err := s.dumps(s.value)
	if err != nil {
		return err
	}
	r := s.request
	r.Op, r.Token = "loads", signed
	var result any
	if err := python.ask(r, &result); err != nil {
		return fmt.Errorf("Python refuses %s: %w", signed, err)
	}
	if got := text(fromWire(result)); got != want {
		return fmt.Errorf("Python opens %s to %s", signed, got)
	}

	r = s.request
	r.Op, r.Value = "dumps", toWire(s.value)
	r.Keys = r.Keys[:1+m.IntN(len(r.Keys))] // by a key that may be an old one
	if err := python.ask(r, &signed); err != nil {
		return fmt.Errorf("Python does not sign: %w", err)
	}
	opened, err := s.loads(signed)
	if err != nil {
		return fmt.Errorf("refuses %s: %w", signed, err)
	}
	if got := text(opened); got != want {
		return fmt.Errorf("opens %s to %s", signed, got)
	}
	return nil
}
