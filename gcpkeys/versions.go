package gcpkeys

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"google.golang.org/api/iterator"

	"github.com/sealring/sealring/internal/failure"
)

const (
	// maxKeys is how many enabled versions there may be: a ring document has no more keys.
	maxKeys = 1000
	// maxListed is how many versions there may be in all states, of which destroyed ones stay in the list for ever. It is
	// the most that the service returns in one page, and daily rotation needs 68 years to get there.
	maxListed = 25000
)

// A versionKey tells a version from every other: a secret that is deleted and made anew counts from 1 again.
type versionKey struct {
	number  uint64
	created int64 // in Unix nanoseconds
}

// A version is an enabled version of the secret.
type version struct {
	versionKey
	name string // as the service has it, with the number of the project in place of its ID
}

// millis is when the version was created in the terms of the format.
func (v *version) millis() int64 { return time.Unix(0, v.created).UnixMilli() }

// list returns the enabled versions, oldest first, at least one, and what tells versions of all states.
func (s *Source) list(ctx context.Context) (enabled []version, listed map[versionKey]bool, err error) {
	// One page, since every page is a read; and without a filter, since that would hide a list that is out of date.
	request := &secretmanagerpb.ListSecretVersionsRequest{Parent: s.name, PageSize: maxListed}
	all := s.client.ListSecretVersions(ctx, request, s.retry(ctx))
	listed = map[versionKey]bool{}
	for {
		v, err := all.Next()
		if errors.Is(err, iterator.Done) {
			break
		}
		if err != nil {
			return nil, nil, s.failed(ctx, err, "listing the versions of "+s.name, toList)
		}
		key, err := s.keyOf(v)
		if err != nil {
			return nil, nil, err
		}
		if listed[key] {
			continue // a version that was added meanwhile moves the pages
		}
		listed[key] = true
		if len(listed) > maxListed {
			return nil, nil, s.refused(fmt.Sprintf("there are more than %d versions; begin a new secret", maxListed))
		}
		if inRing(v) {
			enabled = append(enabled, version{key, v.GetName()})
		}
	}

	if len(enabled) == 0 {
		return nil, nil, s.refused("no version is enabled; add one with gcloud secrets versions add, or enable one")
	}
	if len(enabled) > maxKeys {
		return nil, nil, s.refused(fmt.Sprintf("more than %d versions are enabled; disable those whose tokens have expired", maxKeys))
	}
	if err := s.checkCurrent(listed); err != nil {
		return nil, nil, err
	}
	slices.SortFunc(enabled, func(a, b version) int {
		return cmp.Or(cmp.Compare(a.created, b.created), cmp.Compare(a.number, b.number))
	})
	return enabled, listed, nil
}

// inRing reports whether a version is in use: what is scheduled for destruction is not, in whatever state it is.
func inRing(v *secretmanagerpb.SecretVersion) bool {
	return v.GetState() == secretmanagerpb.SecretVersion_ENABLED &&
		v.GetDestroyTime() == nil && v.GetScheduledDestroyTime() == nil
}

// keyOf returns what a version is told by. It trusts nothing of it.
func (s *Source) keyOf(v *secretmanagerpb.SecretVersion) (versionKey, error) {
	number, ok := s.number(v.GetName())
	if !ok {
		return versionKey{}, s.refused("the list has something that is no version of this secret; see what answers there")
	}
	created := v.GetCreateTime()
	// From 1970 on, and well before nanoseconds overflow.
	if !created.IsValid() || created.GetSeconds() < 0 || created.AsTime().Year() > 2200 {
		return versionKey{}, s.refused(fmt.Sprintf("version %d has no creation time, or one that cannot be; see what answers there",
			number))
	}
	return versionKey{number, created.AsTime().UnixNano()}, nil
}

// number returns the number of a version. Of its name, what is before the secret's ID may differ from ours: the service
// writes the number of the project.
func (s *Source) number(name string) (uint64, bool) {
	parent, digits, _ := strings.Cut(name, "/versions/")
	n, err := strconv.ParseUint(digits, 10, 63)
	ok := err == nil && n > 0 && strconv.FormatUint(n, 10) == digits && strings.HasSuffix(parent, "/secrets/"+s.id)
	return n, ok
}

// checkCurrent refuses a list that is older than the one before it, as an eventually consistent service may give. What
// was disabled or destroyed is still listed, so a version that is missing is one that the list does not know yet. Where
// it knows none of those before, the secret was deleted and made anew.
func (s *Source) checkCurrent(listed map[versionKey]bool) error {
	anew := true
	for key := range s.seen {
		anew = anew && !listed[key]
	}
	if anew {
		return nil
	}
	for _, v := range s.ring {
		if !listed[v.versionKey] {
			return s.refused(fmt.Sprintf("the list lacks version %d, which it had before, so it is out of date; a later one should "+
				"not be, and if it stays like this, restart", v.number))
		}
	}
	return nil
}

// refused returns an error about what the service answered.
func (s *Source) refused(why string) error { return failure.Keyring.With(s.name + ": " + why) }
