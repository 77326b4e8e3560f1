package sealring_test

import (
	"errors"
	"fmt"
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/sealring/sealring"
)

// key returns a key with a fixed secret of its own, which no two numbers share.
func key(t testing.TB, n int, id string) sealring.Key {
	t.Helper()
	b := make([]byte, 32)
	for i := range b {
		b[i] = byte(n + i*i)
	}
	secret, err := sealring.NewSecret(b)
	if err != nil {
		t.Fatal(err)
	}
	return sealring.Key{ID: id, Secret: secret}
}

func at(seconds int) time.Time { return knownClock().Add(time.Duration(seconds) * time.Second) }

func TestKeyringRefuses(t *testing.T) {
	from := func(k sealring.Key, seal, open int) sealring.Key {
		k.SealFrom, k.OpenUntil = at(seal), at(open)
		return k
	}
	a, b := key(t, 1, "a"), key(t, 2, "b")
	sameSecret := a
	sameSecret.ID = "c"
	for _, test := range []struct {
		name, says string
		keys       []sealring.Key
	}{
		{"no keys", "GenerateKey", nil},
		{"no secret", "no secret", []sealring.Key{{ID: "a"}}},
		{"zero key", "no secret", []sealring.Key{{}}},
		{"one ID twice", "key a is there twice", []sealring.Key{a, key(t, 2, "a")}},
		{"one secret twice", "keys a and c have one secret", []sealring.Key{a, sameSecret}},
		{"two from the beginning", "keys a and b seal from the same time", []sealring.Key{b, a}},
		{"two from one time", "keys a and b seal from the same time", []sealring.Key{from(a, 1, 9), from(b, 1, 8)}},
		{"two in one millisecond", "seal from the same time", []sealring.Key{
			{ID: "a", Secret: a.Secret, SealFrom: at(1)}, {ID: "b", Secret: b.Secret, SealFrom: at(1).Add(time.Microsecond)},
		}},
		{"closes before it seals", "key a closes before it seals", []sealring.Key{from(a, 2, 1)}},
		{"seals after 9999", "after the year 9999", []sealring.Key{{ID: "a", Secret: a.Secret, SealFrom: time.Unix(math.MaxInt64, 0)}}},
		{"seals at the end of time", "after the year 9999", []sealring.Key{
			a, {ID: "b", Secret: b.Secret, SealFrom: time.Unix(1<<63-62135596801, 999999999)}, // wraps in milliseconds
		}},
		{"nanoseconds for seconds", "after the year 9999", []sealring.Key{
			{ID: "a", Secret: a.Secret, OpenUntil: time.Unix(1767225600*1e9, 0)},
		}},
		{"closes after 9999", "after the year 9999", []sealring.Key{
			{ID: "a", Secret: a.Secret, OpenUntil: time.UnixMilli(253402300800000)},
		}},
		{"closes when it seals", "key a closes before it seals", []sealring.Key{from(a, 2, 2)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ring, err := sealring.NewKeyring(test.keys...)
			failsWith(t, err, sealring.ErrKeyring)
			if ring != nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("ring %v, error %q, want it to say %q", ring, err, test.says)
			}
		})
	}
}

func TestKeyringRefusesIDs(t *testing.T) {
	for _, id := range []string{
		"../../dev/null", "' OR 1=1", "a\x00", "\x00", " ", "_a", "-a", ".a", "__proto__", "a/b", "é", "a\n", "\xff",
		strings.Repeat("a", 33), strings.Repeat("a", 255),
	} {
		_, err := sealring.NewKeyring(key(t, 1, id))
		failsWith(t, err, sealring.ErrKeyring)
		if strings.Contains(err.Error(), id) && len(id) > 2 {
			t.Errorf("the error holds the ID: %q", err)
		}
	}
	for _, id := range []string{"a", "A.b_c-d", "0", strings.Repeat("z", 32)} {
		mustRing(t, key(t, 1, id))
	}
}

func TestSecretRefuses(t *testing.T) {
	tail := knownSecret[len("srk1_"):]
	for name, text := range map[string]string{
		"empty":           "",
		"prefix alone":    "srk1_",
		"no prefix":       tail,
		"prefix in caps":  "SRK1_" + tail,
		"other version":   "srk2_" + tail,
		"hex":             "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		"padded":          knownSecret + "=",
		"line feed":       knownSecret + "\n",
		"space in front":  " " + knownSecret,
		"short":           knownSecret[:len(knownSecret)-1],
		"long":            knownSecret + "A",
		"trailing bits":   knownSecret[:len(knownSecret)-1] + "9",
		"standard base64": "srk1_" + strings.Repeat("+", 43),
		"64 bytes":        "srk1_" + strings.Repeat("AbCd", 21) + "Ab",
		"all zero":        "srk1_" + strings.Repeat("A", 43),
		"all ones":        "srk1_" + strings.Repeat("_", 42) + "8",
	} {
		secret, err := sealring.ParseSecret(text)
		if !errors.Is(err, sealring.ErrKeyring) || secret.Reveal() != "" || secret.KeyID() != "" {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && len(text) > 6 && (strings.Contains(err.Error(), text[5:]) || strings.Contains(err.Error(), tail)) {
			t.Errorf("%s: the error holds the secret: %v", name, err)
		}
	}
	for _, size := range []int{0, 1, 16, 31, 33, 64} {
		_, err := sealring.NewSecret(make([]byte, size))
		failsWith(t, err, sealring.ErrKeyring)
	}
	if got := knownKey(t, "").Secret.Reveal(); got != knownSecret {
		t.Error("a secret does not come back as it was parsed")
	}
}

func TestSecretKeepsACopy(t *testing.T) {
	b := []byte("0123456789abcdef0123456789abcdef")
	secret, err := sealring.NewSecret(b)
	if err != nil {
		t.Fatal(err)
	}
	before := secret.Reveal()
	clear(b)
	if secret.Reveal() != before {
		t.Error("the secret changed with the slice that it was made of")
	}
}

func TestGenerateKey(t *testing.T) {
	a, b := sealring.GenerateKey(), sealring.GenerateKey()
	if a.Secret.Reveal() == b.Secret.Reveal() || a.ID == b.ID {
		t.Error("two generated keys are the same")
	}
	parsed, err := sealring.ParseSecret(a.Secret.Reveal())
	if err != nil || parsed.KeyID() != a.ID || len(a.ID) != 8 {
		t.Errorf("key ID %q, parsed %q, %v", a.ID, parsed.KeyID(), err)
	}
}

func TestPrimary(t *testing.T) {
	old, now, next := key(t, 1, "old"), key(t, 2, "now"), key(t, 3, "next")
	now.SealFrom, now.OpenUntil = at(10), at(30)
	next.SealFrom = at(40)
	disabled := key(t, 4, "disabled")
	disabled.SealFrom, disabled.Disabled = at(20), true
	ring := mustRing(t, next, old, disabled, now)
	for _, test := range []struct {
		at   time.Time
		want string
	}{
		{time.Time{}, "old"},
		{at(10).Add(-time.Millisecond), "old"},
		{at(10), "now"},
		{at(20), "now"},
		{at(30).Add(-time.Millisecond), "now"},
		{at(30), ""}, // closed, and no falling back to the old key
		{at(40).Add(-time.Millisecond), ""},
		{at(40), "next"},
		{at(1 << 30), "next"},
		{time.Unix(math.MaxInt64, 0), "next"},
		{time.Unix(math.MinInt64, 0), "old"},
	} {
		if id, ok := ring.Primary(test.at); id != test.want || ok != (test.want != "") {
			t.Errorf("primary at %v is %q, want %q", test.at, id, test.want)
		}
	}
}

func TestZeroKeyring(t *testing.T) {
	ring := new(sealring.Keyring)
	codec := mustCodec[knownSession](t, ring, &sealring.Options{TTL: time.Hour, Now: knownClock})
	_, err := codec.Seal(knownValue)
	failsWith(t, err, sealring.ErrNoPrimaryKey)
	_, err = codec.Open(knownSigned)
	failsWith(t, err, sealring.ErrUnknownKey)
	if err := ring.Replace(knownKey(t, "")); err != nil {
		t.Fatal(err)
	}
	if _, err = codec.Open(knownSigned); err != nil {
		t.Error(err)
	}
}

// A rotation as operators see it: nobody is logged out, and at the end the old key is gone.
func TestRotationStory(t *testing.T) {
	clock := at(0)
	a, b := key(t, 1, "a"), key(t, 2, "b")
	ring := mustRing(t, a)
	codec := mustCodec[knownSession](t, ring, &sealring.Options{TTL: time.Hour, Now: func() time.Time { return clock }})
	opens := func(what, token, keyID string, stale bool) {
		t.Helper()
		value, info, err := codec.OpenInfo(token)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		equal(t, value, knownValue)
		if info.KeyID != keyID || info.Stale != stale {
			t.Errorf("%s: key %s, stale %v", what, info.KeyID, info.Stale)
		}
	}
	sealedWithA := mustSeal(t, codec, knownValue)
	opens("a alone", sealedWithA, "a", false)

	// b is staged: it opens already, and what a node whose clock is ahead sealed with it is not stale.
	b.SealFrom = at(60)
	replace(t, ring, a, b)
	opens("b staged", sealedWithA, "a", false)
	clock = at(65)
	sealedWithB := mustSeal(t, codec, knownValue)
	clock = at(59)
	opens("b ahead of time", sealedWithB, "b", false)

	// b is promoted by time alone: a's tokens open and are told to move on.
	clock = at(65)
	opens("b promoted", sealedWithA, "a", true)
	opens("b promoted", sealedWithB, "b", false)

	// a is to close: what it sealed lives no longer than that.
	a.OpenUntil = at(120)
	replace(t, ring, a, b)
	clock = at(119)
	opens("a closing", sealedWithA, "a", true)
	clock = at(120)
	_, err := codec.Open(sealedWithA)
	failsWith(t, err, sealring.ErrUnknownKey)

	// a is gone, then b is disabled.
	replace(t, ring, b)
	_, err = codec.Open(sealedWithA)
	failsWith(t, err, sealring.ErrUnknownKey)
	opens("a gone", sealedWithB, "b", false)
	b.Disabled = true
	replace(t, ring, b)
	_, err = codec.Open(sealedWithB)
	failsWith(t, err, sealring.ErrUnknownKey)
	_, err = codec.Seal(knownValue)
	failsWith(t, err, sealring.ErrNoPrimaryKey)
}

func replace(t testing.TB, ring *sealring.Keyring, keys ...sealring.Key) {
	t.Helper()
	if err := ring.Replace(keys...); err != nil {
		t.Fatal(err)
	}
}

func TestReplaceKeepsTheRingOnErrors(t *testing.T) {
	ring := mustRing(t, key(t, 1, "a"))
	for name, keys := range map[string][]sealring.Key{
		"none":                        nil,
		"a with another secret":       {key(t, 2, "a")},
		"a with another beside a new": {key(t, 3, "b"), key(t, 2, "a")},
		"tie":                         {key(t, 1, "a"), key(t, 2, "b")},
	} {
		failsWith(t, ring.Replace(keys...), sealring.ErrKeyring)
		if got := ring.String(); got != "keyring(a)" {
			t.Errorf("%s: the ring is %s", name, got)
		}
	}

	// An ID names one secret for ever, also after its key has left the ring. What was refused names nothing.
	replace(t, ring, key(t, 4, "b"))
	failsWith(t, ring.Replace(key(t, 5, "a")), sealring.ErrKeyring)
	replace(t, ring, key(t, 1, "a"))
}

func TestExpiryEndsWithTheKey(t *testing.T) {
	k := key(t, 1, "a")
	k.OpenUntil = at(60)
	for name, o := range map[string]sealring.Options{
		"longer lifetime": {TTL: time.Hour},
		"never":           {NeverExpires: true},
	} {
		o.Now = knownClock
		codec := mustCodec[string](t, mustRing(t, k), &o)
		_, info, err := codec.OpenInfo(mustSeal(t, codec, "x"))
		if err != nil || !info.Expires.Equal(at(60)) {
			t.Errorf("%s: expires %v, %v", name, info.Expires, err)
		}
	}
	codec := mustCodec[string](t, mustRing(t, k), &sealring.Options{TTL: time.Second, Now: knownClock})
	if _, info, _ := codec.OpenInfo(mustSeal(t, codec, "x")); !info.Expires.Equal(at(1)) {
		t.Errorf("shorter lifetime: expires %v", info.Expires)
	}
}

func TestKeysLeavesSecretsOut(t *testing.T) {
	k := key(t, 1, "a")
	k.OpenUntil, k.Disabled = at(1), true
	ring := mustRing(t, key(t, 2, ""), k)
	keys := ring.Keys()
	if len(keys) != 2 || keys[0].ID != key(t, 2, "").Secret.KeyID() || keys[1].ID != "a" ||
		!keys[1].OpenUntil.Equal(at(1)) || !keys[1].Disabled {
		t.Errorf("keys %v", keys)
	}
	for _, k := range keys {
		if k.Secret.Reveal() != "" {
			t.Error("a listed key has its secret")
		}
	}
}

// Keys come and go every millisecond while 64 goroutines seal and open: each token opens as long as its key is there.
func TestSwapUnderLoad(t *testing.T) {
	const generations = 200
	ring := mustRing(t, key(t, 0, "k0"))
	codec := mustCodec[knownSession](t, ring, &sealring.Options{
		TTL: time.Hour, Encrypt: true, Suites: []sealring.Suite{sealring.Signed, sealring.Encrypted},
	})
	signed := mustCodec[knownSession](t, ring, &sealring.Options{TTL: time.Hour})
	done := make(chan struct{})
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() {
			for {
				select {
				case <-done:
					return
				default:
					runtime.Gosched() // or the swaps would have to wait for 64 time slices
				}
				seal := codec
				if i%2 == 0 {
					seal = signed
				}
				token, err := seal.Seal(knownValue)
				if err != nil {
					t.Error(err)
					return
				}
				value, err := codec.Open(token)
				if err == nil && value.UserID != knownValue.UserID || err != nil && !errors.Is(err, sealring.ErrUnknownKey) {
					t.Errorf("opened %v, %v", value, err)
					return
				}
			}
		})
	}
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for g := 1; g < generations; g++ {
		<-tick.C
		older, newer := key(t, g-1, fmt.Sprint("k", g-1)), key(t, g, fmt.Sprint("k", g))
		newer.SealFrom = at(g)
		older.SealFrom = at(g - 1)
		replace(t, ring, older, newer)
	}
	close(done)
	wg.Wait()
}
