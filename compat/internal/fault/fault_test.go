package fault_test

import (
	"errors"
	"testing"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/internal/fault"
	"github.com/sealring/sealring/compat/itsdangerous"
	"github.com/sealring/sealring/internal/failure"
)

func TestFaults(t *testing.T) {
	_, noKey := itsdangerous.NewSigner(nil, nil)
	for _, c := range []struct {
		err     error
		text    string
		matches []error
		not     error
	}{
		{fault.New("django", itsdangerous.ErrSignatureExpired, "too old"), "django: signature expired: too old", []error{
			itsdangerous.ErrSignatureExpired, itsdangerous.ErrBadTimeSignature, itsdangerous.ErrBadSignature, itsdangerous.ErrBadData,
			sealring.ErrExpired,
		}, itsdangerous.ErrBadPayload},
		{fault.Payload("django", failure.BadPayload.With("why")), "django: bad payload: why", []error{
			itsdangerous.ErrBadPayload, itsdangerous.ErrBadData, sealring.ErrBadPayload,
		}, itsdangerous.ErrBadSignature},
		{fault.Payload("django", errors.New("why")), "django: bad payload: why", []error{itsdangerous.ErrBadPayload}, itsdangerous.ErrConfig},
		{fault.Payload("django", failure.Config.With("why")), "django: configuration refused: why", []error{
			itsdangerous.ErrConfig,
		}, itsdangerous.ErrBadData},
		{fault.Rename("django", noKey), "django: configuration refused: no secret key", []error{itsdangerous.ErrConfig}, itsdangerous.ErrBadData},
	} {
		if c.err.Error() != c.text {
			t.Errorf("%q, want %q", c.err, c.text)
		}
		for _, target := range c.matches {
			if !errors.Is(c.err, target) {
				t.Errorf("%q does not match %q", c.err, target)
			}
		}
		if errors.Is(c.err, c.not) {
			t.Errorf("%q matches %q", c.err, c.not)
		}
	}
}
