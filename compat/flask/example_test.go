package flask_test

import (
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/flask"
)

// The cookie is the one that Flask makes of {"user_id": 123, "roles": ("user", "staff")} in that second.
func ExampleSessions() {
	sessions, err := flask.NewSessions("the SECRET_KEY", []string{"an older one"}, &flask.Options{
		Now: func() time.Time { return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC) }, // only so that this prints the same
	})
	if err != nil {
		panic(err)
	}
	cookie, err := sessions.Dumps(map[string]any{"user_id": 123, "roles": flask.Tuple{"user", "staff"}})
	if err != nil {
		panic(err)
	}
	session, signed, err := sessions.Loads(cookie)
	if err != nil {
		panic(err)
	}
	fmt.Println(cookie)
	fmt.Println(session["user_id"], session["roles"], signed)
	// Output:
	// eyJyb2xlcyI6eyIgdCI6WyJ1c2VyIiwic3RhZmYiXX0sInVzZXJfaWQiOjEyM30.aVW5AA.-JcG1krbsCVk722pZ-roW_fXcAw
	// 123 [user staff] 2026-01-01 00:00:00 +0000 UTC
}

// Sessions of Flask open for as long as they would have there; what is sealed in their place is encrypted, names its key
// and is bound to its cookie. Nothing binds Flask's, so the bound codec has to be told that it may open them.
func ExampleSessions_movingOver() {
	now := func() time.Time { return time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC) }
	sessions, err := flask.NewSessions("the SECRET_KEY", nil, nil)
	if err != nil {
		panic(err)
	}
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	type session struct {
		UserID int       `json:"user_id"`
		Roles  []string  `json:"roles"`
		Seen   time.Time `json:"seen"`
	}
	const lifetime = 31 * 24 * time.Hour
	codec, err := sealring.NewCodec[session](ring, "session", &sealring.Options{
		TTL: lifetime, Encrypt: true, Now: now,
		Legacy: []sealring.Legacy{{Opener: sessions, Until: now().Add(lifetime), MaxAge: lifetime, Unbound: true}},
	})
	if err != nil {
		panic(err)
	}
	codec = codec.For("the cookie called session")

	// {"user_id": 123, "seen": datetime(2026, 1, 1, 5), "roles": ("user",)}
	value, info, err := codec.OpenInfo("eyJyb2xlcyI6eyIgdCI6WyJ1c2VyIl19LCJzZWVuIjp7IiBkIjoiVGh1LCAwMSBKYW4gMjAyNiAwNTowMDow" +
		"MCBHTVQifSwidXNlcl9pZCI6MTIzfQ.aVW5AA.XvxX3NB45-H4t28esWVNvPrZ7wI")
	fmt.Println(value, info.Stale, err)

	token, err := codec.Seal(value) // since it was stale
	if err != nil {
		panic(err)
	}
	value, info, err = codec.OpenInfo(token)
	fmt.Println(value, info.Stale, err)
	// Output:
	// {123 [user] 2026-01-01 05:00:00 +0000 UTC} true <nil>
	// {123 [user] 2026-01-01 05:00:00 +0000 UTC} false <nil>
}

// The README shows the cookie that the example prints; the root's tests hold that its program compiles.
func TestREADME(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	const cookie = "eyJyb2xlcyI6eyIgdCI6WyJ1c2VyIiwic3RhZmYiXX0sInVzZXJfaWQiOjEyM30.aVW5AA.-JcG1krbsCVk722pZ-roW_fXcAw"
	if !strings.Contains(string(readme), "\n    "+cookie+"\n") {
		t.Error("another cookie")
	}
	program, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(readme), "```go\n")
	shown, _, ok := strings.Cut(shown, "```")
	for line := range strings.Lines(shown) {
		// The example has a clock where the README has no options.
		line = strings.TrimSuffix(strings.TrimSpace(line), ", nil)")
		if !ok || !strings.Contains(string(program), line) {
			t.Errorf("the example does not have the line %s", line)
		}
	}
}
