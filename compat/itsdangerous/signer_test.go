package itsdangerous_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/itsdangerous"
)

// The tokens in these tests were made by itsdangerous 2.2.0, those with a time at 2011-06-24 00:09:05.
var signedAt = time.Unix(1308874145, 0)

func at(t time.Time) func() time.Time { return func() time.Time { return t } }

func mustSigner(t testing.TB, keys []string, o itsdangerous.Options) *itsdangerous.Signer {
	t.Helper()
	s, err := itsdangerous.NewSigner(keys, &o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

var secretKey = []string{"secret-key"}

// is checks that an error is of a class and of those that this one is under, and of none below it.
func is(t testing.TB, err, class error) {
	t.Helper()
	classes := []error{itsdangerous.ErrSignatureExpired, itsdangerous.ErrBadTimeSignature, itsdangerous.ErrBadSignature, itsdangerous.ErrBadData}
	if class == itsdangerous.ErrBadPayload {
		classes = []error{itsdangerous.ErrBadPayload, itsdangerous.ErrBadData}
	}
	below := true
	for _, c := range classes {
		if c == class {
			below = false
		}
		if errors.Is(err, c) == below {
			t.Errorf("error %v, want one of class %v", err, class)
			return
		}
	}
}

func TestSigner(t *testing.T) {
	const signed = "my string.wh6tMHxLgJqB6oY1uT73iMlyrOA"
	s := mustSigner(t, secretKey, itsdangerous.Options{})
	if got := s.Sign("my string"); got != signed {
		t.Errorf("signed as %s", got)
	}
	if got, err := s.Unsign(signed); err != nil || got != "my string" || !s.Validate(signed) {
		t.Errorf("%q, %v", got, err)
	}
	if got := string(s.AppendSign([]byte("x"), []byte("my string"))); got != "x"+signed {
		t.Errorf("appended as %s", got)
	}
	if got := s.Signature("my string"); "my string."+got != signed || !s.VerifySignature("my string", got) {
		t.Errorf("the signature is %s", got)
	}
	for _, size := range []int{0, 1, 511, 512, 1023, 1024, 1025, 1 << 20} {
		value := strings.Repeat("v", size)
		if got, err := s.Unsign(s.Sign(value)); err != nil || got != value {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
}

func TestNoSeparator(t *testing.T) {
	s := mustSigner(t, secretKey, itsdangerous.Options{})
	for _, signed := range []string{"my string*wh6tMHxLgJqB6oY1uT73iMlyrOA", "", "x"} {
		if got, err := s.Unsign(signed); got != "" || s.Validate(signed) {
			t.Errorf("%q: %q, %v", signed, got, err)
		} else {
			is(t, err, itsdangerous.ErrBadSignature)
			if !errors.Is(err, sealring.ErrMalformed) || errors.Is(err, sealring.ErrBadSignature) {
				t.Errorf("%q: %v is to the root package what a forged text is", signed, err)
			}
		}
	}

	// What one of the ways found a signature in may well be forged.
	two := mustSigner(t, secretKey, itsdangerous.Options{
		FallbackSigners: []itsdangerous.Fallback{{Sep: ":", KeyDerivation: itsdangerous.HMAC, Digest: itsdangerous.SHA1}},
	})
	for signed, class := range map[string]error{
		"x.y": sealring.ErrBadSignature,
		"x:y": sealring.ErrBadSignature,
		"x":   sealring.ErrMalformed,
	} {
		_, err := two.Unsign(signed)
		if is(t, err, itsdangerous.ErrBadSignature); !errors.Is(err, class) {
			t.Errorf("%q: %v, want %v", signed, err, class)
		}
	}
}

func TestBrokenSignature(t *testing.T) {
	s := mustSigner(t, secretKey, itsdangerous.Options{})
	signed := s.Sign("b")
	if s.VerifySignature("b", s.Signature("b")[:26]) || s.VerifySignature("c", s.Signature("b")) {
		t.Error("a broken signature is as good as a whole one")
	}
	for i := range signed {
		for bit := range 8 {
			changed := signed[:i] + string([]byte{signed[i] ^ 1<<bit}) + signed[i+1:]
			if got, err := s.Unsign(changed); got != "" || !errors.Is(err, itsdangerous.ErrBadSignature) {
				t.Errorf("%q: %q, %v", changed, got, err)
			}
		}
		if got, err := s.Unsign(signed[:i]); got != "" || !errors.Is(err, itsdangerous.ErrBadSignature) {
			t.Errorf("%q: %q, %v", signed[:i], got, err)
		}
	}
	for b := range 256 {
		if got, err := s.Unsign(signed + string([]byte{byte(b)})); got != "" || !errors.Is(err, itsdangerous.ErrBadSignature) {
			t.Errorf("byte %d appended: %q, %v", b, got, err)
		}
	}
}

// Python decodes signatures leniently; what it also takes for the signature, nobody signed.
func TestOneTextOfASignature(t *testing.T) {
	const value, signature = "my string.", "wh6tMHxLgJqB6oY1uT73iMlyrOA"
	s := mustSigner(t, secretKey, itsdangerous.Options{})
	for name, text := range map[string]string{
		"padding":           signature + "=",
		"trailing bits":     signature[:26] + "B",
		"line feed":         signature + "\n",
		"line feed inside":  signature[:9] + "\n" + signature[9:],
		"carriage return":   "\r" + signature,
		"junk":              signature[:9] + "!" + signature[9:],
		"blank":             " " + signature,
		"percent encoding":  signature[:26] + "%41",
		"byte order mark":   "\ufeff" + signature,
		"not ASCII":         signature + "é",
		"standard alphabet": strings.Replace(signature, "w", "+", 1),
	} {
		if got, err := s.Unsign(value + text); got != "" {
			t.Errorf("%s opens", name)
		} else {
			is(t, err, itsdangerous.ErrBadSignature)
		}
	}

	// A signature that has both of the characters that are others in the standard alphabet.
	const signed = "value 5.TexzdLo-xjjMyHdByDfZ_a_Rfvs"
	if got, err := s.Unsign(signed); err != nil || got != "value 5" {
		t.Errorf("%q, %v", got, err)
	}
	standard := strings.NewReplacer("-", "+", "_", "/").Replace(signed)
	if got, err := s.Unsign(standard); got != "" {
		t.Errorf("the standard alphabet opens: %s", standard)
	} else {
		is(t, err, itsdangerous.ErrBadSignature)
	}
}

func TestChangedValue(t *testing.T) {
	s := mustSigner(t, secretKey, itsdangerous.Options{})
	_, err := s.Unsign("other string.wh6tMHxLgJqB6oY1uT73iMlyrOA")
	is(t, err, itsdangerous.ErrBadSignature)
	if strings.Contains(err.Error(), "string") || strings.Contains(err.Error(), "wh6t") {
		t.Errorf("the error tells what nobody signed: %v", err)
	}
}

func TestSeparators(t *testing.T) {
	for _, sep := range []string{"-", "_", "=", "A", "z", "0", "AB", "-_=", "aZ09"} {
		_, err := itsdangerous.NewSigner(secretKey, &itsdangerous.Options{Sep: sep})
		if !errors.Is(err, itsdangerous.ErrConfig) || !strings.Contains(err.Error(), "separator cannot be used") {
			t.Errorf("%q: %v", sep, err)
		}
		_, err = itsdangerous.NewSigner(secretKey, &itsdangerous.Options{FallbackSigners: []itsdangerous.Fallback{{Sep: sep}}})
		if !errors.Is(err, itsdangerous.ErrConfig) {
			t.Errorf("%q in a fallback: %v", sep, err)
		}
	}
	for _, sep := range []string{".", ":", "::", "a.", ".a", "·", "\x00", " "} {
		s := mustSigner(t, secretKey, itsdangerous.Options{Sep: sep})
		for _, value := range []string{"", "v", sep, sep + sep, "v" + sep, "v" + sep + "w", sep[:1]} {
			if got, err := s.Unsign(s.Sign(value)); err != nil || got != value {
				t.Errorf("%q with %q: %q, %v", value, sep, got, err)
			}
		}
	}
}

func TestKeyDerivation(t *testing.T) {
	for derivation, signed := range map[itsdangerous.KeyDerivation]string{
		itsdangerous.Concat:       "value.BWFI7CwV-UtaizSlDrdXTgFEycw",
		itsdangerous.DjangoConcat: "value.RI9crmxKpuX1wTw2mg_FHFGXRic",
		itsdangerous.HMAC:         "value.amDFTaW4_4Q4S4WgCg8gPnw99dU",
		itsdangerous.None:         "value.KR0bPVhdBT1d8GpHRrZeO1VF_ew",
		"":                        "value.RI9crmxKpuX1wTw2mg_FHFGXRic",
	} {
		s := mustSigner(t, secretKey, itsdangerous.Options{KeyDerivation: derivation})
		if got := s.Sign("value"); got != signed {
			t.Errorf("%s: %s", derivation, got)
		}
		if got, err := s.Unsign(signed); err != nil || got != "value" {
			t.Errorf("%s: %q, %v", derivation, got, err)
		}
	}
	_, err := itsdangerous.NewSigner(secretKey, &itsdangerous.Options{KeyDerivation: "invalid"})
	if !errors.Is(err, itsdangerous.ErrConfig) {
		t.Error(err)
	}
}

// The default derivation does not say where the salt ends; HMAC does.
func TestAmbiguityOfConcatenation(t *testing.T) {
	a := mustSigner(t, []string{"Bsignerkey"}, itsdangerous.Options{Salt: []byte("A")})
	b := mustSigner(t, []string{"key"}, itsdangerous.Options{Salt: []byte("AsignerB")})
	if a.Sign("v") != "v.10pGFG1UOLjH9Z5vskSz73nKEsw" || b.Sign("v") != a.Sign("v") {
		t.Error("not as Python has it")
	}
	a = mustSigner(t, []string{"Bsignerkey"}, itsdangerous.Options{Salt: []byte("A"), KeyDerivation: itsdangerous.HMAC})
	b = mustSigner(t, []string{"key"}, itsdangerous.Options{Salt: []byte("AsignerB"), KeyDerivation: itsdangerous.HMAC})
	if a.Sign("v") == b.Sign("v") {
		t.Error("HMAC has the ambiguity, too")
	}
}

func TestDigests(t *testing.T) {
	for digest, signed := range map[itsdangerous.Digest]string{
		itsdangerous.SHA1:   "value.RI9crmxKpuX1wTw2mg_FHFGXRic",
		itsdangerous.SHA256: "value.ajl-3HWEYMXc5RYUTV4APYjk3dezhO-G1t8ZyKKyjl0",
		itsdangerous.SHA384: "value.JisCTnxJkryhw146aqoAid1XknKkK8zIIVvRESk9fbABsah42zIv28icBRmxVx1W",
		itsdangerous.SHA512: "value.UVNOrnC1ZO72X-DimkX4HwKL06_BoWR4x2TctLv-JKLbMrSqeCURl44_jookKFU_T5RqtVkOTY2qWC-R7blYCg",
		"":                  "value.RI9crmxKpuX1wTw2mg_FHFGXRic",
	} {
		s := mustSigner(t, secretKey, itsdangerous.Options{Digest: digest})
		if got := s.Sign("value"); got != signed {
			t.Errorf("%s: %s", digest, got)
		}
		if got, err := s.Unsign(signed); err != nil || got != "value" {
			t.Errorf("%s: %q, %v", digest, got, err)
		}
	}
	for _, digest := range []itsdangerous.Digest{"md5", "SHA1", "none"} {
		if _, err := itsdangerous.NewSigner(secretKey, &itsdangerous.Options{Digest: digest}); !errors.Is(err, itsdangerous.ErrConfig) {
			t.Errorf("%s: %v", digest, err)
		}
	}
}

func TestSecretKeys(t *testing.T) {
	old := mustSigner(t, []string{"a"}, itsdangerous.Options{})
	both := mustSigner(t, []string{"a", "b"}, itsdangerous.Options{})
	if got, err := both.Unsign(old.Sign("my string")); err != nil || got != "my string" {
		t.Errorf("%q, %v", got, err)
	}
	if got := both.Sign("v"); got != mustSigner(t, []string{"b"}, itsdangerous.Options{}).Sign("v") || old.Validate(got) {
		t.Error("the last key is the one that signs")
	}
}

// Everybody could sign with an empty key. A string in place of the list, of which Python takes each letter for a key, is
// not a []string.
func TestKeysRefused(t *testing.T) {
	for _, keys := range [][]string{nil, {}, {""}, {"a", ""}, {"", "a"}} {
		if _, err := itsdangerous.NewSigner(keys, nil); !errors.Is(err, itsdangerous.ErrConfig) || !errors.Is(err, sealring.ErrConfig) {
			t.Errorf("%q: %v", keys, err)
		}
	}
}

func TestOptionsRefused(t *testing.T) {
	for name, o := range map[string]itsdangerous.Options{
		"negative limit":  {MaxDecoded: -1},
		"limit":           {MaxDecoded: 1<<30 + 1},
		"negative leeway": {Leeway: -1},
		"fallback digest": {FallbackSigners: []itsdangerous.Fallback{{Digest: "md4"}}},
	} {
		for _, err := range []error{
			second(itsdangerous.NewSigner(secretKey, &o)), second(itsdangerous.NewTimestampSigner(secretKey, &o)),
			second(itsdangerous.NewSerializer[any](secretKey, &o)), second(itsdangerous.NewTimedSerializer[any](secretKey, &o)),
			second(itsdangerous.NewURLSafeSerializer[any](secretKey, &o)), second(itsdangerous.NewURLSafeTimedSerializer[any](secretKey, &o)),
		} {
			if !errors.Is(err, itsdangerous.ErrConfig) {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func second[T any](_ T, err error) error { return err }

// Keys and salts are bytes: two forms of a letter are two salts, and what is not UTF-8 is a salt, too.
func TestSaltsAreBytes(t *testing.T) {
	s := mustSigner(t, []string{"k€y"}, itsdangerous.Options{Salt: []byte("sält"), Sep: "::"})
	if got := s.Sign("wert"); got != "wert::Y9AfsqNlNo-yRAAcsVV-7ynmLQ4" {
		t.Error(got)
	}
	seen := map[string]string{}
	for _, salt := range []string{"", "s\u00e4lt", "sa\u0308lt", "\xff", "\x00", "itsdangerous.Signer"} {
		signed := mustSigner(t, secretKey, itsdangerous.Options{Salt: []byte(salt)}).Sign("v")
		if other, ok := seen[signed]; ok {
			t.Errorf("%q and %q are one salt", salt, other)
		}
		seen[signed] = salt
	}
	if seen[mustSigner(t, secretKey, itsdangerous.Options{}).Sign("v")] != "itsdangerous.Signer" {
		t.Error("the default salt is another")
	}
}

// Eight megabytes of separators are looked at and cost nothing else.
func TestManySeparators(t *testing.T) {
	signed := strings.Repeat(".", 8<<20)
	s := mustSigner(t, secretKey, itsdangerous.Options{})
	timed, err := itsdangerous.NewTimestampSigner(secretKey, nil)
	if err != nil {
		t.Fatal(err)
	}
	allocs := testing.AllocsPerRun(3, func() {
		if s.Validate(signed) || timed.Validate(signed, time.Hour) {
			t.Error("opened")
		}
	})
	if allocs != 0 {
		t.Errorf("%v allocations", allocs)
	}
}

func TestPrintsNoKey(t *testing.T) {
	o := &itsdangerous.Options{Salt: []byte("salt-salt")}
	signer, _ := itsdangerous.NewSigner(secretKey, o)
	timestamp, _ := itsdangerous.NewTimestampSigner(secretKey, o)
	serializer, _ := itsdangerous.NewSerializer[any](secretKey, o)
	timed, _ := itsdangerous.NewTimedSerializer[any](secretKey, o)
	urlSafe, _ := itsdangerous.NewURLSafeSerializer[any](secretKey, o)
	urlSafeTimed, _ := itsdangerous.NewURLSafeTimedSerializer[any](secretKey, o)
	for _, v := range []any{signer, timestamp, serializer, timed, urlSafe, urlSafeTimed} {
		name, _, _ := strings.Cut(strings.TrimPrefix(fmt.Sprintf("%T", v), "*"), "[")
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			if got := fmt.Sprintf(verb, v); got != name {
				t.Errorf("%s of a %s prints %s", verb, name, got)
			}
		}
	}
}

// Under GODEBUG=fips140=only crypto/hmac panics over SHA-1 and short keys. Nothing here does.
func TestFIPS140Only(t *testing.T) {
	const variable = "SEALRING_TEST_FIPS"
	if os.Getenv(variable) == "" {
		test := exec.Command(os.Args[0], "-test.run=^TestFIPS140Only$", "-test.v")
		test.Env = append(os.Environ(), variable+"=1", "GODEBUG=fips140=only")
		if out, err := test.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: TestFIPS140Only") {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	if _, err := itsdangerous.NewSigner(secretKey, nil); !errors.Is(err, itsdangerous.ErrConfig) {
		t.Errorf("SHA-1: %v", err)
	}
	o := itsdangerous.Options{Digest: itsdangerous.SHA256, KeyDerivation: itsdangerous.None}
	if _, err := itsdangerous.NewSigner([]string{"short"}, &o); !errors.Is(err, itsdangerous.ErrConfig) {
		t.Errorf("a short key: %v", err)
	}
	s, err := itsdangerous.NewSigner(secretKey, &itsdangerous.Options{Digest: itsdangerous.SHA256})
	if err != nil || !s.Validate("value.ajl-3HWEYMXc5RYUTV4APYjk3dezhO-G1t8ZyKKyjl0") {
		t.Errorf("SHA-256: %v", err)
	}
}
