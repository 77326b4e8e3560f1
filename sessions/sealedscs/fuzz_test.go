package sealedscs_test

import (
	"bytes"
	"testing"
	"time"

	"github.com/sealring/sealring/sessions/sealedscs"
)

// Whatever stands in the store under whatever token, it is a session only if it is the record that was written there.
func FuzzFind(f *testing.F) {
	const token = "a token of thirty or more characters"
	w := newWorld(f, nil)
	must(f, w.Commit(token, []byte("data"), w.expiry(1000*time.Hour)))
	genuine := w.record(f, token)
	f.Add(token, genuine)                                                  // the genuine one
	f.Add(token, genuine[:len(genuine)-1])                                 // cut short
	f.Add(token+"x", genuine)                                              // copied
	f.Add(token, []byte(nil))                                              // nothing
	f.Add(token, genuine[:8])                                              // a state alone
	f.Add("", genuine)                                                     // no token
	f.Add(token, append([]byte("\x00\x00\x00\x00\x00\x00\x00\x02"), 1, 2)) // deleted, forged
	f.Fuzz(func(t *testing.T, name string, record []byte) {
		w.plant(t, name, record)
		data, found, err := w.Find(name)
		must(t, err)
		if found != (name == token && bytes.Equal(record, genuine)) || found != (string(data) == "data") || !found && data != nil {
			t.Errorf("found %q, %v", data, found)
		}
		w.log.take()
	})
}

// A codec opens what it sealed, and nothing else.
func FuzzCodec(f *testing.F) {
	c := newCodec(f, ringOf(f, key("k")), sealedscs.CodecOptions{})
	genuine := encode(f, c, values{"n": 1})
	f.Add(genuine)                        // the genuine one
	f.Add(genuine[:len(genuine)-1])       // cut short
	f.Add(append(genuine, 0))             // with a byte after it
	f.Add([]byte(nil))                    // nothing
	f.Add([]byte("\x0d\x7f\x04\x01\x02")) // gob in the clear
	f.Fuzz(func(t *testing.T, data []byte) {
		deadline, v, err := c.Decode(data)
		if (err == nil) != bytes.Equal(data, genuine) || err != nil && (v != nil || !deadline.IsZero()) {
			t.Errorf("%v, %v, %v", deadline, v, err)
		}
	})
}
