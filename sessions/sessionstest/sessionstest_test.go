package sessionstest_test

import (
	"testing"

	"github.com/sealring/sealring/sessions"
	"github.com/sealring/sealring/sessions/sessionstest"
)

func TestMemoryStore(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessionstest.Harness {
		return sessionstest.Harness{Store: sessions.NewMemoryStore(nil)}
	})
}
