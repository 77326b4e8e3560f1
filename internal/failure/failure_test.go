package failure_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/sealring/sealring/internal/failure"
)

func TestDetail(t *testing.T) {
	for want, err := range map[string]error{
		"not UTF-8":         failure.BadPayload.With("not UTF-8"),
		"bad payload":       failure.BadPayload,
		"JSON, byte 3: why": fmt.Errorf("%w: JSON, byte 3: why", failure.BadPayload),
		"of no class":       errors.New("of no class"),
	} {
		if got := failure.Detail(err); got != want {
			t.Errorf("%q of %q, want %q", got, err, want)
		}
	}
}
