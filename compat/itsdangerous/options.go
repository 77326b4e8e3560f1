package itsdangerous

import (
	"crypto/fips140"
	"fmt"
	"strings"
	"time"
)

// Options are what signers and serializers may be told, by the names that Python has for its arguments. Every zero value,
// and a nil *Options, is Python's default.
type Options struct {
	// Salt tells apart what one key signs for different uses. It is no secret. Nil means "itsdangerous.Signer" for the
	// two signers and "itsdangerous" for the four serializers; empty means an empty one. It is taken byte for byte: the
	// composed and the decomposed form of a letter are different salts.
	Salt []byte
	// Sep stands between value, timestamp and signature: "." unless set. Not only letters, digits, "-", "_" and "=".
	Sep string
	// KeyDerivation is DjangoConcat unless set.
	KeyDerivation KeyDerivation
	// Digest is SHA1 unless set.
	Digest Digest
	// FallbackSigners say what else may have signed what opens, with the same keys and salt. Nothing is signed so.
	FallbackSigners []Fallback

	// MaxDecoded is the most bytes that a payload may have, once decompressed: 1 MiB unless set. Python has no limit.
	MaxDecoded int
	// Leeway is how far in the future a timestamp may lie, where a maximum age is asked for: not at all unless set, as
	// in Python. It lengthens no age.
	Leeway time.Duration
	// Epoch2011 makes timestamps count from 2011, as itsdangerous 0.24 and older had it, and not from 1970.
	Epoch2011 bool
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// A Fallback is another way of signing. Its zero values mean the same as those of Options.
type Fallback struct {
	Sep           string
	KeyDerivation KeyDerivation
	Digest        Digest
}

const (
	defaultSignerSalt     = "itsdangerous.Signer"
	defaultSerializerSalt = "itsdangerous"
	defaultMaxDecoded     = 1 << 20
	// maxLimit is the most that MaxDecoded may be set to, so that sizes fit into 32 bits.
	maxLimit = 1 << 30
	// epoch2011 is the second from which timestamps counted before itsdangerous 1.0.
	epoch2011 = 1293840000
)

// settings returns a copy of the options with the defaults filled in.
func (o *Options) settings(salt string) (*Options, error) {
	set := new(Options)
	if o != nil {
		*set = *o
	}
	if set.Salt == nil {
		set.Salt = []byte(salt)
	}
	if set.MaxDecoded == 0 {
		set.MaxDecoded = defaultMaxDecoded
	}
	if set.Now == nil {
		set.Now = time.Now
	}
	if set.MaxDecoded < 0 || set.MaxDecoded > maxLimit {
		return nil, config.with("Options.MaxDecoded is at most 1 GiB, or 0 for the default")
	}
	if set.Leeway < 0 {
		return nil, config.with("Options.Leeway is negative")
	}
	return set, nil
}

// An unsigner is one way of signing, under each of the keys.
type unsigner struct {
	sep  string
	macs []*mac // the newest key's first
}

func newUnsigner(keys [][]byte, salt []byte, f Fallback) (_ unsigner, err error) {
	if f.Sep == "" {
		f.Sep = "."
	}
	if f.KeyDerivation == "" {
		f.KeyDerivation = DjangoConcat
	}
	if f.Digest == "" {
		f.Digest = SHA1
	}
	if strings.Trim(f.Sep, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_=") == "" {
		return unsigner{}, config.with("the separator cannot be used, since it may be a part of a signature; use one with another " +
			"character than letters, digits, -, _ and =")
	}
	digest, ok := digests[f.Digest]
	if !ok {
		return unsigner{}, config.with(fmt.Sprintf("no digest %q; there are sha1, sha256, sha384 and sha512", f.Digest))
	}

	// In this mode crypto/hmac panics over SHA-1 and over keys of fewer than 14 bytes.
	defer func() {
		if fips140.Enforced() && recover() != nil {
			err = config.with("this process may not use the digest or a key so short, as under GODEBUG=fips140=only")
		}
	}()
	u := unsigner{sep: f.Sep}
	for i := len(keys) - 1; i >= 0; i-- {
		key, err := deriveKey(f.KeyDerivation, digest, keys[i], salt)
		if err != nil {
			return unsigner{}, err
		}
		u.macs = append(u.macs, newMAC(digest, key))
	}
	return u, nil
}
