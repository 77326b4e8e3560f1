package sealring_test

import (
	"testing"
	"time"

	"github.com/sealring/sealring"
)

// The known answers of format.md, Section 12: the secret is the bytes 00 to 1f.
const (
	knownSecret = "srk1_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
	knownBody   = `{"user_id":123,"username":"admin","roles":["editor","viewer"]}`
	knownIssued = 1767225600000

	knownSigned      = "sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHp7InVzZXJfaWQiOjEyMywidXNlcm5hbWUiOiJhZG1pbiIsInJvbGVzIjpbImVkaXRvciIsInZpZXdlciJdfVQqdWq3oqkRynpTaMWykuzO-jWcNFmcOeID5tdEZOka"
	knownBound       = "sr1_AQEIAZt22qgAAZt3EZaAejdkYm92NHp7InVzZXJfaWQiOjEyMywidXNlcm5hbWUiOiJhZG1pbiIsInJvbGVzIjpbImVkaXRvciIsInZpZXdlciJdfaP1-s1DkBRHtelKbw2WNxFW6Ez1Z_LR-Ojp3HTIC40g"
	knownEncrypted   = "sr1_AgEIAZt22qgAAZt3EZaAejdkYm92NHoAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhez3VdtdqCqwFfnplKa2O9chchFACSiAZ1ddSlloZFIjTVwCQvfnSbmaRsa4U3G3idHeqb94kW4HAxqhK6v-PFESSmKTzUQfVfqG4dverQmD8JuHDwrEBu4TU0NyH0AOc4DTzInSidDa_OqfhdHoA"
	knownMessagePack = "sr1_AgIHAZt22qgAAAAAAAAAMjAyNi0wMQABAgMEBQYHCAkKCwwNDg8QERITFBUWF0tYV212oKrAV740FtuOsRCR1kXXK6cBkRHqeWupmVJxsTlPEMSeMTM9SCS0TdCAmt3rkmYGMD9AYl5A8r5HVedwiC0e4mP-BlrBDOQHMfeWibwCEMOc8VLXJ_lguzA"
)

// knownSession is the value of the known answers.
type knownSession struct {
	UserID   int      `json:"user_id" msgpack:"user_id"`
	Username string   `json:"username" msgpack:"username"`
	Roles    []string `json:"roles" msgpack:"roles"`
}

var knownValue = knownSession{123, "admin", []string{"editor", "viewer"}}

func knownKey(t testing.TB, id string) sealring.Key {
	t.Helper()
	secret, err := sealring.ParseSecret(knownSecret)
	if err != nil {
		t.Fatal(err)
	}
	return sealring.Key{ID: id, Secret: secret}
}

func knownClock() time.Time { return time.UnixMilli(knownIssued) }

func TestKnownAnswers(t *testing.T) {
	for _, test := range []struct {
		name, keyID, token string
		bind               []string
		options            sealring.Options
	}{
		{"signed", "", knownSigned, nil, sealring.Options{TTL: time.Hour}},
		{"bound", "", knownBound, []string{"sid-42"}, sealring.Options{TTL: time.Hour}},
		{"encrypted", "", knownEncrypted, nil, sealring.Options{TTL: time.Hour, Encrypt: true}},
		{"messagepack", "2026-01", knownMessagePack, []string{"sid-42"}, sealring.Options{
			NeverExpires: true, Encrypt: true, Content: sealring.MessagePack,
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.options.Now = knownClock
			ring := mustRing(t, knownKey(t, test.keyID))
			codec := mustCodec[knownSession](t, ring, &test.options)
			if test.bind != nil {
				codec = codec.For(test.bind...)
			}
			got, err := codec.Open(test.token)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, got, knownValue)

			token, err := codec.Seal(knownValue)
			if err != nil {
				t.Fatal(err)
			}
			if !test.options.Encrypt && token != test.token {
				t.Errorf("sealed %s, want %s", token, test.token)
			}
			if len(token) != len(test.token) {
				t.Errorf("sealed %d characters, want %d", len(token), len(test.token))
			}
		})
	}
}

func TestDefaultKeyID(t *testing.T) {
	if got := knownKey(t, "").Secret.KeyID(); got != "z7dbov4z" {
		t.Errorf("key ID %s, want z7dbov4z", got)
	}
}
