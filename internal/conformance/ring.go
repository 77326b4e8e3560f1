package conformance

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

type ringCase struct {
	note
	Document *string     `json:"document"`
	Expect   *ringExpect `json:"expect"`
	Error    string      `json:"error"`
	Why      string      `json:"why"`
}

type ringExpect struct {
	IDs       []string           `json:"ids"`
	PrimaryAt map[string]*string `json:"primary_at"` // Unix milliseconds → key ID, null: none
}

func checkRing(data []byte) (name string, differs, invalid error) {
	var c ringCase
	if err := decode(data, &c); err != nil {
		return c.Name, nil, err
	}
	switch {
	case c.Name == "" || c.Document == nil:
		return c.Name, nil, errors.New("needs name and document")
	case (c.Expect == nil) == (c.Error == ""):
		return c.Name, nil, errors.New("needs either expect or error")
	case c.Error != "" && c.Error != "refused":
		return c.Name, nil, fmt.Errorf("unknown error class %q", c.Error)
	}

	document, err := keyfile.Parse([]byte(*c.Document))
	switch {
	case err != nil && c.Error != "":
		return c.Name, nil, nil
	case err != nil:
		return c.Name, fmt.Errorf("refused: %w", err), nil
	case c.Error != "":
		return c.Name, fmt.Errorf("accepted, want refused for %s", c.Why), nil
	}
	ring, err := sealring.NewKeyring(document.SealringKeys()...)
	if err != nil {
		return c.Name, fmt.Errorf("refused: %w", err), nil
	}
	differs, invalid = c.Expect.check(ring)
	return c.Name, differs, invalid
}

func (e *ringExpect) check(ring *sealring.Keyring) (differs, invalid error) {
	var ids []string
	for _, k := range ring.Keys() {
		ids = append(ids, k.ID)
	}
	if !slices.Equal(ids, e.IDs) {
		return fmt.Errorf("keys %v, want %v", ids, e.IDs), nil
	}
	for at, want := range e.PrimaryAt {
		ms, err := strconv.ParseInt(at, 10, 64)
		if err != nil {
			return nil, fmt.Errorf("primary_at %q is not milliseconds", at)
		}
		id, ok := ring.Primary(time.UnixMilli(ms))
		if ok != (want != nil) || ok && id != *want {
			return fmt.Errorf("primary at %d is %q", ms, id), nil
		}
	}
	return nil, nil
}
