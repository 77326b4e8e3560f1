package main

import (
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

// passwordRounds of PBKDF2 make each guess cost about as much as OWASP's advice of 2023 for HMAC-SHA256 wants.
const passwordRounds = 600_000

// A credential is what people sign in with. The sign-in page shows these, since this is a demonstration.
type credential struct{ User, Name, Password string }

var demo = []credential{
	{"anna", "Anna Weber", "correct horse"},
	{"ben", "Ben Okafor", "battery staple"},
}

// users are the people who can sign in, as a database would have them: without their passwords.
type users struct {
	rounds int
	salt   []byte // a database has one for each user
	byName map[string]user
}

type user struct {
	name string
	hash []byte
}

func newUsers(rounds int) *users {
	u := &users{rounds: rounds, salt: make([]byte, 16), byName: make(map[string]user)}
	rand.Read(u.salt)
	for _, c := range demo {
		u.byName[c.User] = user{c.Name, u.hash(c.Password)}
	}
	return u
}

// check returns a user's name if the password is right. It takes as long for users that there are not, so that nobody can
// find out by the time it takes which there are. A service would limit the rate of it, too.
func (u *users) check(login, password string) (name string, ok bool) {
	who := u.byName[login]
	if subtle.ConstantTimeCompare(u.hash(password), who.hash) != 1 {
		return "", false
	}
	return who.name, true
}

func (u *users) hash(password string) []byte {
	hash, err := pbkdf2.Key(sha256.New, password, u.salt, u.rounds, sha256.Size)
	if err != nil {
		panic("webapp: " + err.Error()) // unreachable but in FIPS 140 mode, which wants other parameters
	}
	return hash
}
