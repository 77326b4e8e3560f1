package interop

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"reflect"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/django"
	"github.com/sealring/sealring/compat/flask"
	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/compat/securecookie"
	"github.com/sealring/sealring/compat/starlette"
)

// A dump is what a printer of values by reflection would reach, exported or not, as bytes.
type dump struct {
	out  []byte
	seen map[uintptr]bool
}

func (d *dump) value(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() && !d.seen[v.Pointer()] {
			d.seen[v.Pointer()] = true
			d.value(v.Elem())
		}
	case reflect.Interface:
		d.value(v.Elem())
	case reflect.Struct:
		for i := range v.NumField() {
			d.value(v.Field(i))
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			d.value(i.Key())
			d.value(i.Value())
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			d.value(v.Index(i))
		}
	case reflect.String:
		d.out = append(d.out, v.String()...)
	case reflect.Uint8:
		d.out = append(d.out, byte(v.Uint()))
	case reflect.Uint32: // the round keys of AES, which begin with the key
		d.out = binary.NativeEndian.AppendUint32(d.out, uint32(v.Uint()))
	case reflect.Uint64:
		d.out = binary.NativeEndian.AppendUint64(d.out, v.Uint())
	}
}

// swapped returns a copy in which each four bytes are turned round.
func swapped(b []byte) []byte {
	out := bytes.Clone(b)
	for i := 0; i+4 <= len(out); i += 4 {
		out[i], out[i+1], out[i+2], out[i+3] = out[i+3], out[i+2], out[i+1], out[i]
	}
	return out
}

// Nothing that holds a key lets a printer have it that goes through everything by reflection, as those of debuggers and of
// test libraries do, before it was used and after.
func TestReflectionReachesNoKey(t *testing.T) {
	const key, older = "0123456789abcdef0123456789ABCDEF", "an older key, of as many bytes.."
	keys := []string{older, key}
	its := func(options *itsdangerous.Options) map[string]sealring.LegacyOpener {
		return map[string]sealring.LegacyOpener{
			"Signer":                 must(itsdangerous.NewSigner(keys, options)),
			"TimestampSigner":        must(itsdangerous.NewTimestampSigner(keys, options)),
			"Serializer":             must(itsdangerous.NewSerializer[any](keys, options)),
			"TimedSerializer":        must(itsdangerous.NewTimedSerializer[any](keys, options)),
			"URLSafeSerializer":      must(itsdangerous.NewURLSafeSerializer[any](keys, options)),
			"URLSafeTimedSerializer": must(itsdangerous.NewURLSafeTimedSerializer[any](keys, options)),
		}
	}
	all := map[string]sealring.LegacyOpener{
		"flask":                 must(flask.NewSessions(key, []string{older}, nil)),
		"starlette":             must(starlette.NewSessions[any](keys, nil)),
		"django.Signer":         must(django.NewSigner[any](key, []string{older}, nil)),
		"django.Timestamp":      must(django.NewTimestampSigner(key, []string{older}, nil)),
		"django.Cookie":         must(django.NewCookie("name", key, []string{older}, nil)),
		"django.CookieSessions": must(django.NewCookieSessions[any](key, []string{older}, nil)),
		"django.StoredSessions": must(django.NewStoredSessions[any](key, []string{older}, nil)),
		"securecookie": must(securecookie.NewCookie[map[any]any]("name", []securecookie.KeyPair{
			{HashKey: []byte(key)}, {HashKey: []byte(older), BlockKey: []byte(key)}, {HashKey: []byte(key), BlockKey: []byte(key[:16])},
		}, nil)),
	}
	for name, opener := range its(nil) {
		all["itsdangerous."+name] = opener
	}
	for name, opener := range its(&itsdangerous.Options{KeyDerivation: itsdangerous.None, Digest: itsdangerous.SHA256}) {
		all["itsdangerous."+name+", underived"] = opener
	}
	ring := must(sealring.NewKeyring(sealring.GenerateKey()))
	for name, opener := range all {
		codec := must(sealring.NewCodec[any](ring, "session", &sealring.Options{
			TTL: time.Hour, Legacy: []sealring.Legacy{{Opener: opener, Until: time.Now().Add(time.Hour), MaxAge: time.Hour}},
		}))
		for range 2 {
			d := dump{seen: map[uintptr]bool{}}
			d.value(reflect.ValueOf(codec))
			for _, secret := range []string{key[:16], older[:16]} {
				for _, form := range [][]byte{[]byte(secret), swapped([]byte(secret)), []byte(hex.EncodeToString([]byte(secret)))} {
					if bytes.Contains(d.out, form) {
						t.Errorf("%s: a key can be reached", name)
					}
				}
			}
			if _, _, err := opener.OpenLegacy("not a token"); err == nil {
				t.Errorf("%s opens anything", name)
			}
		}
	}
	// What is looked for would be found.
	d := dump{seen: map[uintptr]bool{}}
	d.value(reflect.ValueOf(&struct{ any }{map[string][]byte{"x": []byte(key)}}))
	if !bytes.Contains(d.out, []byte(key)) {
		t.Error("the dump is none")
	}
}
