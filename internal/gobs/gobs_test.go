package gobs_test

import (
	"bytes"
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/internal/gobs"
)

type person struct{ Name string }

// A stubborn panics whichever way it goes.
type stubborn struct{ Inner string }

func (stubborn) GobEncode() ([]byte, error)   { panic("private-payload") }
func (*stubborn) GobDecode(data []byte) error { panic("private-payload") }

// A posing is written as bytes, as a stubborn would be.
type posing struct{}

func (posing) GobEncode() ([]byte, error) { return []byte("private-payload"), nil }

func TestRoundTrip(t *testing.T) {
	dst := make([]byte, 3, 1000)
	body, err := gobs.Append(dst, map[any]any{"n": 7, 8: []byte("x")})
	if err != nil || !bytes.HasPrefix(body, dst) {
		t.Fatal(body, err)
	}
	var got map[any]any
	if err := gobs.Decode(body[3:], &got); err != nil || len(got) != 2 || got["n"] != 7 || string(got[8].([]byte)) != "x" {
		t.Error(got, err)
	}
	body, err = gobs.Append(nil, &person{"Zoë"})
	if err != nil {
		t.Fatal(err)
	}
	var p person
	if err := gobs.Decode(body, &p); err != nil || p.Name != "Zoë" {
		t.Error(p, err)
	}
}

func TestAppendRefuses(t *testing.T) {
	for name, v := range map[string]any{
		"nil": nil, "a nil pointer": (*person)(nil), "a function": func() {}, "nothing exported": struct{ private string }{"private-payload"},
		"a type that is not registered": map[string]any{"x": person{"private-payload"}}, "a panic": stubborn{},
	} {
		dst := []byte("abc")
		got, err := gobs.Append(dst, v)
		if !errors.Is(err, failure.BadPayload) || string(got) != "abc" || strings.Contains(err.Error(), "private-payload") {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
}

func TestDecodeRefuses(t *testing.T) {
	valid, err := gobs.Append(nil, person{"private-payload"})
	if err != nil {
		t.Fatal(err)
	}
	for i := range valid {
		var p person
		if err := gobs.Decode(valid[:i], &p); !errors.Is(err, failure.BadPayload) {
			t.Errorf("%d bytes: %v", i, err)
		}
	}
	var p person
	if err := gobs.Decode(append(valid, 0), &p); !errors.Is(err, failure.BadPayload) {
		t.Errorf("a byte after it: %v", err)
	}
	var n int
	if err := gobs.Decode(valid, &n); !errors.Is(err, failure.BadPayload) || strings.Contains(err.Error(), "private-payload") {
		t.Errorf("another type: %v", err)
	}
	posed, err := gobs.Append(nil, posing{})
	if err != nil {
		t.Fatal(err)
	}
	if err := gobs.Decode(posed, new(stubborn)); !errors.Is(err, failure.BadPayload) || strings.Contains(err.Error(), "private-payload") {
		t.Errorf("a panic: %v", err)
	}
}

// A body that says of its map that it has four million members costs no memory for them.
func TestDecodeBelievesNoCount(t *testing.T) {
	body, err := gobs.Append(nil, map[any]any{})
	if err != nil {
		t.Fatal(err)
	}
	// It ends in the length of a message of four bytes: the type in two, whose number depends on what gob saw before, a
	// zero, and the count of members.
	end := len(body) - 5
	typ := string(body[end+1 : end+3])
	if string(body[end:]) != "\x04"+typ+"\x00\x00" || typ[0] != 0xFF {
		t.Fatalf("a body % x", body)
	}
	huge := append(bytes.Clone(body[:end]), "\x07"+typ+"\x00\xfd\x40\x00\x00"...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	var m map[any]any
	if err := gobs.Decode(huge, &m); !errors.Is(err, failure.BadPayload) {
		t.Errorf("%d members: %v", len(m), err)
	}
	runtime.ReadMemStats(&after)
	if took := after.TotalAlloc - before.TotalAlloc; took > 10<<20 {
		t.Errorf("it took %d bytes", took)
	}
}

func FuzzDecode(f *testing.F) {
	for _, v := range []any{map[any]any{"a": 1}, map[any]any{}, map[any]any{1: []byte{2}}} { // what cookies hold
		body, err := gobs.Append(nil, v)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body)
	}
	f.Add([]byte{})                                       // nothing
	f.Add([]byte("\xf8\xff\xff\xff\xff\xff\xff\xff\xff")) // a message of 2^64-1 bytes
	f.Fuzz(func(t *testing.T, body []byte) {
		var m map[any]any
		if err := gobs.Decode(body, &m); err != nil && !errors.Is(err, failure.BadPayload) {
			t.Error(err)
		}
	})
}
