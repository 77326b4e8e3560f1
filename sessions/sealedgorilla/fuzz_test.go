package sealedgorilla_test

import (
	"testing"

	"github.com/sealring/sealring/sessions/sealedgorilla"
)

// Whatever a browser sends, it opens only if it is the very cookie that was written, under its name.
func FuzzDecode(f *testing.F) {
	c := newCodec(f, ringOf(f, key("k")), sealedgorilla.Options{})
	genuine := encode(f, c, "session", values{"n": 1})
	f.Add("session", genuine)                  // the genuine one
	f.Add("other", genuine)                    // under another name
	f.Add("", genuine)                         // without a name
	f.Add("session", genuine+"=")              // padded
	f.Add("session", genuine[:len(genuine)-1]) // cut short
	f.Add("session", "")                       // emptied
	f.Add("session", "sr1_")                   // a beginning alone
	f.Add("session", "MTc5NTY0MDk4N3xleUox")   // gorilla's
	f.Fuzz(func(t *testing.T, name, text string) {
		got := values{"there": "before"}
		err := c.Decode(name, text, &got)
		if (err == nil) != (name == "session" && text == genuine) {
			t.Errorf("%v", err)
		}
		if err != nil && got["there"] != "before" || err == nil && got["n"] != 1 {
			t.Errorf("%v, %v", got, err)
		}
	})
}
