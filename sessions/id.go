package sessions

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"

	"github.com/sealring/sealring/internal/base64url"
)

const (
	// idSize is the size of an ID in bytes: 256 random bits cannot be guessed, and so need no key to be hashed with.
	idSize = 32
	// handleSize is how many bytes of a store's ID are in a handle: enough that no two are the same, and not as many as
	// an ID has, so that nobody takes one for the other.
	handleSize = 16
	// maxSubjectSize is enough for every name, and keeps subjects from filling records.
	maxSubjectSize = 1024

	idLabel      = "sealring/v1/session-id\x00"
	subjectLabel = "sealring/v1/session-subject\x00"
)

// newID returns a fresh ID. crypto/rand.Read does not return where there is no randomness.
func newID() (id [idSize]byte) {
	rand.Read(id[:])
	return id
}

// parseID reads the text of an ID: 43 characters of base64url. There is one text for each.
func parseID(text string) (id [idSize]byte, ok bool) {
	if len(text) != base64url.Size(idSize) {
		return id, false
	}
	_, err := base64url.AppendDecoded(id[:0], text) // exactly fills it
	return id, err == nil
}

func formatID(id [idSize]byte) string { return string(base64url.Append(nil, id[:])) }

// storeID is what the store knows a session by. Whoever reads it there cannot present it as an ID.
func storeID(id [idSize]byte) [sha256.Size]byte {
	return sha256.Sum256(append([]byte(idLabel), id[:]...))
}

// handle is the text form of the first bytes of what the store knows a session by.
func handle(hash [sha256.Size]byte) string { return string(base64url.Append(nil, hash[:handleSize])) }

// storeSubject is what the store knows a subject by, whatever bytes that has: SHA-256 of a label and the subject, or with
// Options.SubjectSecret HMAC-SHA256 of them, under the 48 characters of the secret's text.
func (s *settings) storeSubject(subject string) (hash [sha256.Size]byte) {
	secret := s.secret.Reveal()
	if secret == "" {
		return sha256.Sum256([]byte(subjectLabel + subject))
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(subjectLabel + subject))
	mac.Sum(hash[:0])
	return hash
}

func checkSubject(subject string) error {
	if subject == "" || len(subject) > maxSubjectSize {
		return ErrSubject
	}
	return nil
}
