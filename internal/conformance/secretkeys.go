package conformance

import (
	"errors"
	"slices"
	"time"
)

// secretKeys are those of a case that may have one or several.
type secretKeys struct {
	Key  *string  `json:"key"`
	Keys []string `json:"keys"` // oldest first
}

func (k *secretKeys) invalid() error {
	if (k.Key == nil) == (len(k.Keys) == 0) {
		return errors.New("needs either key or keys")
	}
	return nil
}

// split returns the key that signs, and its fallbacks, newest first.
func (k *secretKeys) split() (key string, fallbacks []string) {
	if k.Key != nil {
		return *k.Key, nil
	}
	keys := slices.Clone(k.Keys)
	slices.Reverse(keys)
	return keys[0], keys[1:]
}

// positive returns an age for options whose zero means the default and which count whole seconds.
func positive(age time.Duration) time.Duration {
	if age == 0 {
		return 1
	}
	return age
}
