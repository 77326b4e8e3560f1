package sessionstest_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring/sessions"
	"github.com/sealring/sealring/sessions/sessionstest"
)

// faultVariable makes this test run with a fault, in a process of its own, as it is to fail.
const faultVariable = "SEALRING_SESSIONSTEST_FAULT"

func TestMemoryStore(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessionstest.Harness {
		store := newBroken(os.Getenv(faultVariable))
		return sessionstest.Harness{Store: store, Size: store.size}
	})
}

// A store may have a clock that the suite can move, and limits.
func TestClock(t *testing.T) {
	sessionstest.Run(t, func(t *testing.T) sessionstest.Harness {
		now := time.Date(2026, 1, 1, 0, 0, 0, 123_456_789, time.UTC)
		clock := func() time.Time { return now }
		return sessionstest.Harness{
			Store: sessions.NewMemoryStore(&sessions.MemoryOptions{Now: clock}), Now: clock,
			Sleep: func(d time.Duration) { now = now.Add(d) }, MaxRecord: 1 << 20, IDs: 1000,
		}
	})
}

// A suite that finds no fault is none.
func TestRunFindsFaults(t *testing.T) {
	if os.Getenv(faultVariable) != "" {
		t.Skip("this is a store with a fault")
	}
	for fault, test := range map[string]string{
		"records in another order":                        "load",
		"empty records for absent ones":                   "load",
		"saves over anything":                             "save",
		"brings back what was deleted":                    "save",
		"versions as floating-point numbers":              "versions",
		"versions of 32 bits":                             "versions",
		"versions as signed numbers that are not smaller": "versions",
		"deletes whatever is there":                       "delete",
		"empty is nil":                                    "delete",
		"compares versions only":                          "delete",
		"shares its slices":                               "slices",
		"changes what it is given":                        "slices",
		"stores for ever what is past":                    "past",
		"refuses what is past":                            "past",
		"no expiry":                                       "expiry",
		"the first expiry stays":                          "expiry",
		"listings stay":                                   "expiry",
		"the last expiry of a moment":                     "expiry",
		"begins in spite of a revocation":                 "enter",
		"begins as a revocation ends":                     "enter",
		"carries what is listed past a revocation":        "enter",
		"everybody leaves":                                "leave",
		"one leaves":                                      "leave",
		"leaving deletes":                                 "leave",
		"revoking ends listings":                          "revoke",
		"the moment of the last caller":                   "revoke",
		"what is listed is not covered":                   "revoke",
		"rounds up":                                       "milliseconds",
		"ended contexts find nothing":                     "context",
		"looks first and writes then":                     "races",
		"forgets what expired before":                     "expiry_races",
		"undercuts a moment":                              "revocation_races",
		"revokes nothing":                                 "replay",
		"deletes nothing":                                 "slow_requests",
		"lists one page":                                  "many_sessions",
		"remembers who asked":                             "random_IDs",
	} {
		t.Run(fault, func(t *testing.T) { finds(t, fault, test) })
	}
}

// The same faults are found by what they let happen to sessions, not by the contract alone.
func TestRunFindsWhatFaultsDoToSessions(t *testing.T) {
	if os.Getenv(faultVariable) != "" {
		t.Skip("this is a store with a fault")
	}
	for fault, test := range map[string]string{
		"brings back what was deleted":    "slow_requests",
		"saves over anything":             "concurrent_saves",
		"looks first and writes then":     "concurrent_saves",
		"deletes whatever is there":       "judged_bytes",
		"begins in spite of a revocation": "replay",
		"deletes nothing":                 "life",
	} {
		t.Run(fault, func(t *testing.T) { finds(t, fault, test) })
	}
}

// finds checks that a test fails with a store that has a fault.
func finds(t *testing.T, fault, test string) {
	t.Parallel()
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.short", "-test.run=^TestMemoryStore$/^"+test+"$")
	c.Env = append(os.Environ(), faultVariable+"="+fault)
	out, err := c.CombinedOutput()
	if _, ok := errors.AsType[*exec.ExitError](err); !ok || !strings.Contains(string(out), "--- FAIL: TestMemoryStore/"+test) {
		t.Errorf("the suite does not find it: %v\n%s", err, out)
	}
}
