package itsdangerous

import (
	"fmt"
	"io"
	"strings"
)

// A Signer signs text, byte for byte what Python's Signer makes of it. It is safe for concurrent use. Make it with
// NewSigner: the zero Signer is of no use.
type Signer struct {
	ways []unsigner // the first signs, all open
	// A function, so that nothing which prints or dumps a signer reaches the keys.
	withSalt func(salt []byte) (*Signer, error)
}

// NewSigner returns a signer of secret keys, oldest to newest: the last one signs, all open. It derives what it needs of
// them once. Errors match ErrConfig; an empty key is one.
func NewSigner(secretKeys []string, options *Options) (*Signer, error) {
	o, err := options.settings(defaultSignerSalt)
	if err != nil {
		return nil, err
	}
	return newSigner(secretKeys, o)
}

func newSigner(secretKeys []string, o *Options) (*Signer, error) {
	if len(secretKeys) == 0 {
		return nil, config.with("no secret key")
	}
	keys := make([][]byte, len(secretKeys))
	for i, key := range secretKeys {
		if key == "" {
			return nil, config.with(fmt.Sprintf("secret key %d is empty, so that everybody could sign with it", i))
		}
		keys[i] = []byte(key)
	}
	ways := append([]Fallback{{o.Sep, o.KeyDerivation, o.Digest}}, o.FallbackSigners...)
	var withSalt func([]byte) (*Signer, error)
	withSalt = func(salt []byte) (*Signer, error) {
		s := &Signer{withSalt: withSalt}
		for _, way := range ways {
			u, err := newUnsigner(keys, salt, way)
			if err != nil {
				return nil, err
			}
			s.ways = append(s.ways, u)
		}
		return s, nil
	}
	return withSalt(o.Salt)
}

// signOnStack is how many bytes a signed text may have to be made without more memory than its own.
const signOnStack = 256

// Sign returns a value with the separator and its signature behind it.
func (s *Signer) Sign(value string) string {
	var onStack [signOnStack]byte
	return string(s.appendSignature(append(onStack[:0], value...), 0))
}

// AppendSign appends what Sign returns. value may not overlap dst's spare capacity.
func (s *Signer) AppendSign(dst, value []byte) []byte {
	start := len(dst)
	return s.appendSignature(append(dst, value...), start)
}

// appendSignature appends the separator and the signature of what stands in dst from start on.
func (s *Signer) appendSignature(dst []byte, start int) []byte {
	end := len(dst)
	dst = append(dst, s.ways[0].sep...)
	return s.ways[0].macs[0].appendSignature(dst, dst[start:end])
}

// Signature returns the signature of a value: Python's get_signature.
func (s *Signer) Signature(value string) string {
	return string(s.ways[0].macs[0].appendSignature(nil, []byte(value)))
}

// VerifySignature reports whether a signature is that of a value under one of the keys.
func (s *Signer) VerifySignature(value, signature string) bool {
	for _, m := range s.ways[0].macs {
		if m.verify(value, signature) {
			return true
		}
	}
	return false
}

var (
	errNoSeparator = unsigned.with("no separator")
	errMismatch    = badSignature.with("the signature does not match")
)

// Unsign returns the value of a signed text. It fails with ErrBadSignature.
func (s *Signer) Unsign(signed string) (string, error) {
	value, _, err := s.unsign(signed)
	if err != nil {
		return "", err
	}
	return value, nil
}

// unsign returns the value, and the separator of the way it was signed. On an error the value is what nobody vouches for.
func (s *Signer) unsign(signed string) (value, sep string, err error) {
	for _, way := range s.ways {
		i := strings.LastIndex(signed, way.sep)
		if i < 0 {
			value, sep = "", way.sep
			if err == nil {
				err = errNoSeparator
			}
			continue
		}
		value, sep = signed[:i], way.sep
		for _, m := range way.macs {
			if m.verify(value, signed[i+len(sep):]) {
				return value, sep, nil
			}
		}
		err = errMismatch
	}
	return value, sep, err
}

// Validate reports whether Unsign would return a value.
func (s *Signer) Validate(signed string) bool {
	_, err := s.Unsign(signed)
	return err == nil
}

// Format writes the type, whatever the verb.
func (s *Signer) Format(f fmt.State, _ rune) { io.WriteString(f, "itsdangerous.Signer") }
