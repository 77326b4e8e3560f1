package gcpkeys

import (
	"bytes"
	"context"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/keyfile"
)

// contents are what a version holds, for good: what is wrong with a payload stays wrong.
type contents struct {
	secret   sealring.Secret
	document func() []byte // with Options.Document; a function for the reason that Source.document is one
	err      error
}

// generation is what a document says that has none of its own.
const generation = 1

// keysDocument returns the document of which every version is a key, and the versions that are in it.
func (s *Source) keysDocument(ctx context.Context, versions []version) ([]byte, []version, error) {
	d := &keyfile.Document{Generation: generation}
	var in []version
	from := map[string]version{} // by key ID
	for _, v := range versions {
		c, gone, err := s.contentsOf(ctx, v)
		if err != nil {
			return nil, nil, err
		}
		if gone {
			continue
		}
		key := sealring.Key{ID: c.secret.KeyID(), Secret: c.secret}
		if other, ok := from[key.ID]; ok {
			return nil, nil, s.refused(fmt.Sprintf("versions %d and %d are the same key; disable one", other.number, v.number))
		}
		from[key.ID] = v

		created := time.UnixMilli(v.millis()).UTC()
		key.SealFrom = created
		if n := len(d.Keys); n > 0 {
			key.SealFrom = created.Add(s.config.Propagation).Truncate(time.Millisecond)
			// A ring takes no two keys that seal from the same time; of two versions of one moment the higher number is newer.
			if last := d.Keys[n-1].SealFrom; !key.SealFrom.After(last) {
				key.SealFrom = last.Add(time.Millisecond)
			}
		}
		d.Keys = append(d.Keys, keyfile.Entry{Key: key, Created: created, Comment: fmt.Sprint("version ", v.number)})
		in = append(in, v)
	}

	if len(in) == 0 {
		return nil, nil, s.refused("no version is enabled any more; add one with gcloud secrets versions add, or enable one")
	}
	document, err := keyfile.Encode(d)
	if err != nil {
		return nil, nil, s.refused(failure.Detail(err))
	}
	return document, in, nil
}

// newestDocument returns the document that is the payload of the newest version.
func (s *Source) newestDocument(ctx context.Context, versions []version) ([]byte, []version, error) {
	for i := len(versions) - 1; i >= 0; i-- {
		c, gone, err := s.contentsOf(ctx, versions[i])
		if err != nil {
			return nil, nil, err
		}
		if !gone {
			return bytes.Clone(c.document()), versions[i : i+1], nil
		}
	}
	return nil, nil, s.refused("no version is enabled any more; add one with gcloud secrets versions add, or enable one")
}

// contentsOf returns what a version holds, by a call if there has been none. A version is gone if it is no longer
// enabled, whatever the list says.
func (s *Source) contentsOf(ctx context.Context, v version) (c *contents, gone bool, err error) {
	c, ok := s.contents[v.versionKey]
	if !ok {
		payload, gone, err := s.access(ctx, v)
		if gone || err != nil {
			return nil, gone, err
		}
		c = s.read(payload)
		clear(payload)
		s.contents[v.versionKey] = c
	}
	if c.err != nil {
		return nil, false, s.refused(fmt.Sprintf("version %d: %s", v.number, failure.Detail(c.err)))
	}
	return c, false, nil
}

// castagnoli is the polynomial of data_crc32c.
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// access returns the payload of a version. The client does not check its sum.
func (s *Source) access(ctx context.Context, v version) (payload []byte, gone bool, err error) {
	request := &secretmanagerpb.AccessSecretVersionRequest{Name: v.name}
	response, err := s.client.AccessSecretVersion(ctx, request, s.retry(ctx))
	if isGone(err) {
		return nil, true, nil
	}
	if err != nil {
		return nil, false, s.failed(ctx, err, fmt.Sprintf("accessing version %d of %s", v.number, s.name), toAccess)
	}
	if n, ok := s.number(response.GetName()); !ok || n != v.number {
		return nil, false, s.refused(fmt.Sprintf("another version came for version %d; see what answers there", v.number))
	}
	p := response.GetPayload()
	if p == nil || p.DataCrc32C == nil {
		return nil, false, s.refused(fmt.Sprintf("version %d came without data_crc32c, so nothing tells whether it is whole; "+
			"see what answers there", v.number))
	}
	if p.GetDataCrc32C() != int64(crc32.Checksum(p.GetData(), castagnoli)) {
		return nil, false, s.refused(fmt.Sprintf("version %d does not have the sum in its data_crc32c, so it was damaged "+
			"on its way; the next Load accesses it again", v.number))
	}
	return p.GetData(), false, nil
}

// read returns what a payload holds. It keeps nothing of it but that, in particular not in an error.
func (s *Source) read(payload []byte) *contents {
	if s.config.Document {
		if _, err := keyfile.Parse(payload); err != nil {
			return &contents{err: adviseDocument(payload, err)}
		}
		document := bytes.Clone(payload)
		clear(s.contents) // of older versions none will be asked for again, unless this one is disabled
		return &contents{document: func() []byte { return document }}
	}
	secret, err := sealring.ParseSecret(string(payload))
	if err != nil {
		return &contents{err: adviseSecret(payload, err)}
	}
	return &contents{secret: secret}
}

// adviseDocument says more about a payload that is no document.
func adviseDocument(payload []byte, err error) error {
	if bytes.HasPrefix(payload, []byte("srk1_")) {
		return failure.Keyring.With("this is a secret and not a document; leave out Options.Document to take every version for a key")
	}
	return failure.Keyring.With(failure.Detail(err) + "; add a version that is right and disable this one")
}

// adviseSecret says more about a payload that is no secret.
func adviseSecret(payload []byte, err error) error {
	text := string(payload)
	_, trimmed := sealring.ParseSecret(strings.TrimSpace(text))
	switch {
	case trimmed == nil && strings.HasSuffix(text, "\n"):
		return failure.Keyring.With("a line feed follows the secret's text; add it again without one, as printf '%s' and jq -j " +
			"write it, and disable this version")
	case trimmed == nil:
		return failure.Keyring.With("white space surrounds the secret's text; add it again without, and disable this version")
	case strings.HasPrefix(strings.TrimSpace(text), "{"):
		return failure.Keyring.With("this looks like a ring document; set Options.Document, or add the srk1_ text alone and " +
			"disable this version")
	}
	return failure.Keyring.With(failure.Detail(err) + "; add a version that is right and disable this one")
}
