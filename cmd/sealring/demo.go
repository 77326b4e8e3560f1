package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
	"unicode"

	"github.com/sealring/sealring"
)

type demoCommand struct{}

// defaultSession is sealed where stdin brings none.
const defaultSession = `{"user_id":123,"username":"admin","roles":["editor","viewer"],` +
	`"csrf":"kq3v9XbT2mZc8LwR","cart":[{"sku":"A-1007","qty":2},{"sku":"B-2210","qty":1}],"dark":true}`

// Run tells the story, and fails where it goes another way than it should.
func (demoCommand) Run(env *environment) error {
	if !mayEncrypt() {
		return errors.New("the demo encrypts too, and " + mayNotEncrypt)
	}
	text, err := env.session()
	if err != nil {
		return err
	}
	session, err := parseJSON(text)
	if err != nil {
		return fmt.Errorf("the session on stdin: %w", err)
	}
	d := &demo{out: env.stdout, session: session, clock: env.now()}
	if env.json {
		d.out = io.Discard
	}
	if err := d.tell(text); err != nil {
		return err
	}
	if d.err != nil {
		return d.err
	}
	if env.json {
		if err := env.writeJSON(d.report); err != nil {
			return err
		}
	}
	if !d.report.OK {
		return fmt.Errorf("the demo failed: a step came out otherwise than expected")
	}
	return nil
}

// patience is how long stdin may take before the demo says what it waits for.
const patience = 2 * time.Second

// session returns the JSON text on stdin, the default session where stdin is a terminal, closed or empty.
func (env *environment) session() ([]byte, error) {
	if f, ok := env.stdin.(*os.File); ok {
		info, err := f.Stat()
		if err != nil || info.Mode()&fs.ModeCharDevice != 0 {
			return []byte(defaultSession), nil
		}
	}
	timer := time.AfterFunc(patience, func() {
		fmt.Fprintln(env.stderr, "sealring: waiting for a session in JSON on stdin; < /dev/null takes the default one")
	})
	defer timer.Stop()
	text, err := env.input("", maxBody, errBodySize)
	if err != nil {
		return nil, err
	}
	if text = bytes.Trim(text, " \t\r\n"); len(text) == 0 {
		text = []byte(defaultSession)
	}
	return text, nil
}

// A demo is one telling. Every outcome is what the library did with keys that were made a moment ago.
type demo struct {
	out     io.Writer
	ring    *sealring.Keyring
	session any
	clock   time.Time // what the codecs take for now; time passes by setting it
	report  demoReport
	err     error // of out, the first
}

type demoReport struct {
	OK      bool       `json:"ok"`
	Session int        `json:"session_bytes"`
	Sizes   []demoSize `json:"sizes"`
	Steps   []demoStep `json:"steps"`
}

type demoSize struct {
	Suite      string  `json:"suite"`
	Content    string  `json:"content"`
	Bytes      int     `json:"bytes"`
	Characters int     `json:"characters"`
	Seal       float64 `json:"seal_us"`
	Open       float64 `json:"open_us"`
}

type demoStep struct {
	Step     string `json:"step"`
	Expected string `json:"expected"`
	Got      string `json:"got"`
	OK       bool   `json:"ok"`
}

const (
	demoPurpose = "session"
	demoTTL     = time.Hour
	same        = "the same session"
	sameStale   = same + ", stale"
)

func (d *demo) say(format string, args ...any) {
	if _, err := fmt.Fprintf(d.out, format+"\n", args...); d.err == nil {
		d.err = err
	}
}

// expect records a step and tells it.
func (d *demo) expect(step, expected, got string) {
	ok := expected == got
	d.report.Steps = append(d.report.Steps, demoStep{step, expected, got, ok})
	d.report.OK = ok && (d.report.OK || len(d.report.Steps) == 1)
	verdict := "ok"
	if !ok {
		verdict = "WRONG, expected " + expected
	}
	d.say("   %-56s -> %-23s %s", step, got, verdict)
}

// codec returns a codec of the demo's ring that seals in a way of its own and lives in the demo's time.
func (d *demo) codec(purpose string, encrypt bool, content sealring.Content) (*sealring.Codec[any], error) {
	return sealring.NewCodec[any](d.ring, purpose, &sealring.Options{
		TTL: demoTTL, Encrypt: encrypt, Content: content, Now: func() time.Time { return d.clock },
	})
}

// open opens a token and says what came out: the session, another value, or the class of the failure.
func (d *demo) open(codec *sealring.Codec[any], token string) string {
	value, info, err := codec.OpenInfo(token)
	if err != nil {
		name, _ := classOf(err)
		return name
	}
	// Both decoders have types of their own for numbers; JSON, whose map keys are sorted, is common ground.
	got, errGot := json.Marshal(value)
	want, errWant := json.Marshal(d.session)
	switch {
	case errGot != nil || errWant != nil || !bytes.Equal(got, want):
		return "another session"
	case info.Stale:
		return sameStale
	}
	return same
}

func (d *demo) tell(text []byte) error {
	old := sealring.GenerateKey()
	var err error
	if d.ring, err = sealring.NewKeyring(old); err != nil {
		return err
	}
	d.report.Session = len(text)
	d.say("A session, %d bytes of JSON:\n   %s\n", len(text), shorten(string(text), 96))
	d.say("1. Make a keyring of one new key. Its secret stays in memory and is shown nowhere.")
	primary, _ := d.ring.Primary(d.clock)
	d.expect("the key that seals is "+old.ID, old.ID, primary)

	if err := d.tellWays(); err != nil {
		return err
	}
	codec, err := d.codec(demoPurpose, false, sealring.JSON)
	if err != nil {
		return err
	}
	token, err := codec.Seal(d.session)
	if err != nil {
		return err
	}
	d.say("\n   The first token. All of them begin with sr1_, so that a secret scanner knows them:\n   %s", shorten(token, 96))
	if err := d.tellAttacks(codec, token); err != nil {
		return err
	}
	return d.tellRotation(codec, token, old)
}

// tellWays seals the session under both suites and both serializers, and opens it again.
func (d *demo) tellWays() error {
	d.say("\n2. Seal it for the purpose %q and one hour, in four ways; open each again and compare.", demoPurpose)
	var codecs []*sealring.Codec[any]
	var tokens []string
	d.say("   suite      body         bytes  characters      seal      open")
	for _, encrypt := range []bool{false, true} {
		for _, content := range []sealring.Content{sealring.JSON, sealring.MessagePack} {
			codec, err := d.codec(demoPurpose, encrypt, content)
			if err != nil {
				return err
			}
			token, err := codec.Seal(d.session)
			if err != nil {
				return err
			}
			size, err := d.measure(codec, token)
			if err != nil {
				return err
			}
			d.say("   %-9s  %-11s  %5d  %10d  %5.1f µs  %5.1f µs",
				size.Suite, size.Content, size.Bytes, size.Characters, size.Seal, size.Open)
			d.report.Sizes = append(d.report.Sizes, size)
			codecs, tokens = append(codecs, codec), append(tokens, token)
		}
	}
	for i, size := range d.report.Sizes {
		d.expect(fmt.Sprintf("open the %s %s", size.Suite, size.Content), same, d.open(codecs[i], tokens[i]))
	}
	return nil
}

func (d *demo) measure(codec *sealring.Codec[any], token string) (demoSize, error) {
	info, err := sealring.Inspect(token)
	if err != nil {
		return demoSize{}, err
	}
	binary, err := codec.AppendSealBinary(nil, d.session)
	if err != nil {
		return demoSize{}, err
	}
	return demoSize{
		Suite: info.Suite.String(), Content: info.Content.String(), Bytes: len(binary), Characters: len(token),
		Seal: microseconds(func() { codec.Seal(d.session) }),
		Open: microseconds(func() { codec.Open(token) }),
	}, nil
}

// microseconds returns how long f takes, the mean of as many calls as fit in a few milliseconds.
func microseconds(f func()) float64 {
	const enough, batch = 5 * time.Millisecond, 16
	calls, start := 0, time.Now()
	for time.Since(start) < enough {
		for range batch {
			f()
		}
		calls += batch
	}
	return float64(time.Since(start).Nanoseconds()) / 1e3 / float64(calls)
}

// tellAttacks shows that a token opens only as it was sealed, where it was meant to, and until it expires.
func (d *demo) tellAttacks(codec *sealring.Codec[any], token string) error {
	d.say("\n3. Tamper with it: change one character in the middle of the token.")
	d.expect("open the changed token", "bad_signature", d.open(codec, changed(token)))

	d.say("\n4. Let time pass, by a clock that the codec was given.")
	issued := d.clock
	d.clock = issued.Add(demoTTL - time.Millisecond)
	d.expect("open it a millisecond before the hour is over", same, d.open(codec, token))
	d.clock = issued.Add(demoTTL)
	d.expect("open it after one hour", "expired", d.open(codec, token))
	d.clock = issued

	d.say("\n5. Bind it to a session ID, as when it is a record in Redis, and copy it under another one.")
	bound, err := codec.For("sid-alice").Seal(d.session)
	if err != nil {
		return err
	}
	d.expect("open the record of sid-alice as sid-alice's", same, d.open(codec.For("sid-alice"), bound))
	d.expect("open the record of sid-alice as sid-mallory's", "bad_signature", d.open(codec.For("sid-mallory"), bound))

	d.say("\n6. Use it for something else than it was sealed for.")
	reset, err := d.codec("password-reset", false, sealring.JSON)
	if err != nil {
		return err
	}
	d.expect("open the session as a password-reset", "bad_signature", d.open(reset, token))
	return nil
}

// changed returns a token with another character in its middle, which lies behind its header.
func changed(token string) string {
	at := len(token) / 2
	other := byte('A')
	if token[at] == other {
		other = 'B'
	}
	return token[:at] + string(other) + token[at+1:]
}

// tellRotation replaces the key and logs nobody out.
func (d *demo) tellRotation(codec *sealring.Codec[any], token string, old sealring.Key) error {
	fresh := sealring.GenerateKey()
	fresh.SealFrom = d.clock
	d.say("\n7. Rotate the key: add %s, which seals from now on, beside %s.", fresh.ID, old.ID)
	if err := d.ring.Replace(old, fresh); err != nil {
		return err
	}
	d.expect("open the token of the old key", sameStale, d.open(codec, token))
	resealed, err := codec.Seal(d.session)
	if err != nil {
		return err
	}
	info, err := sealring.Inspect(resealed)
	if err != nil {
		return err
	}
	d.expect("stale: seal it again, and look whose key it has now", fresh.ID, info.KeyID)
	d.expect("open the new token", same, d.open(codec, resealed))

	d.say("\n8. Retire %s, once its last token is sealed again or expired.", old.ID)
	if err := d.ring.Replace(fresh); err != nil {
		return err
	}
	d.expect("open the new token", same, d.open(codec, resealed))
	d.expect("open the token of the old key", "unknown_key", d.open(codec, token))
	if d.report.OK {
		d.say("\nEverything came out as it should: %d outcomes.", len(d.report.Steps))
	}
	return nil
}

// shorten fits a text in a line: at most width characters of those that print.
func shorten(text string, width int) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	if runes := []rune(text); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return text
}
