package flask_test

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/compat/flask"
)

func TestOpenLegacy(t *testing.T) {
	want := map[string]string{
		"empty":   `{}`,
		"plain":   `{"list":[1,"a"],"name":"admin","none":null,"ok":true,"user_id":123}`,
		"numbers": `{"f":[1.0,-0.0,1e+16,1e-05,0.0001,1.5],"i":[1180591620717411303424,-1,0]}`,
		"tuple":   `{"l":[],"t":[1,["a"],[]]}`,
		"bytes":   `{"b":"AP8=","e":""}`,
		"markup":  `{"m":"<b>ü</b>"}`,
		"uuid":    `{"u":"01234567-89ab-cdef-0123-456789abcdef"}`,
		"datetime": `{"d":["2026-01-02T03:04:05Z","0100-01-01T00:00:00Z",` +
			`"9999-12-31T23:59:59Z","2026-01-01T05:00:00Z"]}`,
		"dict that looks like a tag": `{" t":1}`,
		"twice escaped":              `{" di":{" t":["eA=="]}}`,
		"no tag":                     `{" t":1,"a":{" t__":2}}`,
		"text":                       "{\"\x7f€😀\":\"\\u0000\\u001f\\\"\\\\/\\b\\f\\n\\r\\t\u2028<>&\"}",
		"compressed":                 `{"a":"` + known["compressed"].session["a"].(string) + `"}`,
		"nested":                     `{"n":[{"u":["01234567-89ab-cdef-0123-456789abcdef",{" m":"x"}]},"eQ=="]}`,
	}
	s := frozenSessions(t)
	for name, c := range known {
		body, issued, err := s.OpenLegacy(c.cookie)
		if err != nil || issued != frozen.UTC() {
			t.Errorf("%s: %v, %v", name, issued, err)
		}
		if want[name] == "" || string(body) != want[name] {
			t.Errorf("%s: %s, want %s", name, body, want[name])
		}
		if !json.Valid(body) {
			t.Errorf("%s: not JSON", name)
		}
	}
}

// It is what a struct takes.
func TestOpenLegacyIntoStruct(t *testing.T) {
	type session struct {
		ID    int64     `json:"id"`
		Name  string    `json:"name"`
		Roles [2]string `json:"roles"`
		Token []byte    `json:"token"`
		Seen  time.Time `json:"seen"`
		UUID  string    `json:"uuid"`
		Bio   string    `json:"bio"`
	}
	s := frozenSessions(t)
	body, _, err := s.OpenLegacy(mustDump(t, s, map[string]any{
		"id": 123, "name": "admin", "roles": flask.Tuple{"user", "staff"}, "token": []byte{0, 0xff}, "seen": frozen,
		"uuid": someUUID, "bio": flask.Markup("<p>"),
	}))
	if err != nil {
		t.Fatal(err)
	}
	var got session
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatal(err)
	}
	equal(t, got, session{
		123, "admin", [2]string{"user", "staff"}, []byte{0, 0xff}, frozen.UTC(), someUUID.String(), "<p>",
	})
}

var _ sealring.LegacyOpener = (*flask.Sessions)(nil)

// A UUID of a session is one in a codec, too, and stays it in what is sealed in the session's place.
func TestLegacyUUID(t *testing.T) {
	type session struct {
		Device flask.UUID            `json:"device"`
		Seen   map[flask.UUID]bool   `json:"seen"`
		Maybe  *flask.UUID           `json:"maybe"`
		Any    map[string]flask.UUID `json:"any"`
	}
	want := session{someUUID, map[flask.UUID]bool{someUUID: true}, new(someUUID), map[string]flask.UUID{"a": someUUID}}
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	s := frozenSessions(t)
	cookie := mustDump(t, s, map[string]any{
		"device": someUUID, "maybe": someUUID, "seen": map[string]any{someUUID.String(): true}, "any": map[string]any{"a": someUUID},
	})
	codec, err := sealring.NewCodec[session](ring, "session", &sealring.Options{
		TTL: time.Hour, Now: frozenClock,
		Legacy: []sealring.Legacy{{Opener: s, Until: frozen.AddDate(1, 0, 0), MaxAge: time.Hour}},
	})
	if err != nil {
		t.Fatal(err)
	}
	got, err := codec.Open(cookie)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, want)
	token, err := codec.Seal(got)
	if err != nil {
		t.Fatal(err)
	}
	if got, err = codec.Open(token); err != nil {
		t.Fatal(err)
	}
	equal(t, got, want)
}

// A codec tells its own classes of the errors.
func TestLegacyClasses(t *testing.T) {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cookie string
		after  time.Duration
		class  error
	}{
		"good":                {known["plain"].cookie, time.Hour, nil},
		"older":               {known["plain"].cookie, time.Hour + time.Second, sealring.ErrExpired},
		"from the future":     {known["plain"].cookie, -time.Minute, sealring.ErrNotYetValid},
		"forged":              {known["plain"].cookie + "A", 0, sealring.ErrBadSignature},
		"with another key":    {signedWithO, 0, sealring.ErrBadSignature},
		"a bad tag":           {signJSON(t, `{"user_id":{" t":1}}`), 0, sealring.ErrBadPayload},
		"another type":        {signJSON(t, `{"user_id":{" t":[1]}}`), 0, sealring.ErrBadPayload},
		"a key in upper case": {signJSON(t, `{"USER_ID":1}`), 0, sealring.ErrBadPayload},
	} {
		now := func() time.Time { return frozen.Add(c.after) }
		codec, err := sealring.NewCodec[struct {
			UserID int `json:"user_id"`
		}](ring, "session", &sealring.Options{TTL: time.Hour, Now: now, Legacy: []sealring.Legacy{
			{Opener: frozenSessions(t), Until: frozen.AddDate(1, 0, 0), MaxAge: time.Hour},
		}})
		if err != nil {
			t.Fatal(err)
		}
		session, err := codec.Open(c.cookie)
		if !errors.Is(err, c.class) || (err == nil) != (session.UserID == 123) {
			t.Errorf("%s: %v, %v, want %v", name, session, err, c.class)
		}
	}
}
