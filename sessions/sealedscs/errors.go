package sealedscs

import (
	"errors"

	"github.com/sealring/sealring/internal/failure"
	"github.com/sealring/sealring/sessions"
)

// ErrDeleted: the session has been deleted since it was loaded, as by a logout or RenewToken in another request, or what
// the store had in its place was tampered with. Nothing was written, and nothing should be: let the user sign in.
//
// The other classes are those of package sessions: ErrStore, ErrSeal and ErrConfig.
var ErrDeleted = errors.New("sealedscs: the session was deleted in the meantime")

var (
	errToken   = failure.Because(sessions.ErrSeal, errors.New("a token has 22 to 255 bytes"))
	errCount   = failure.Because(sessions.ErrStore, errors.New("it returned another number of records than it was asked for"))
	errChanged = failure.Because(sessions.ErrStore, errors.New("what it has under a token changed all the while"))
	errListing = failure.Because(sessions.ErrConfig, errors.New("Options.Iterable is not set, so the store does not list its sessions"))
)
