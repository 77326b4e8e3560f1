// Package sealedscs seals the sessions of github.com/alexedwards/scs/v2. [NewStore] makes a store for its SessionManager of
// any [sessions.Store], in memory or Redis; all else of scs stays as it is:
//
//	store, err := sealedscs.NewStore(ring, sessions.NewMemoryStore(nil), nil)
//	manager := scs.New()
//	manager.Store = store
//
// Sessions that scs kept elsewhere, or in the clear, are not taken over: with the change, everybody signs in again.
//
// The store beneath knows sessions by hashes of their tokens and has records that are encrypted and bound to that hash. So
// whoever reads it can neither take a session over nor see what is in it, and whoever writes to it can delete sessions, but
// not make one, change one or turn one into another. A record that does not open reads as no session, and
// Options.Observer hears why; that the store failed is always an error, and logs nobody out.
//
// # Logging out during a slow request
//
// scs writes a session at the end of a request, and with an IdleTimeout at the end of each, over whatever there is. So a
// request that was under way when its user logged out or, by RenewToken, in, brings the old session back, and puts its
// token into the browser's cookie. Here a deleted token stays deleted for Options.DeletedFor, whoever writes it: Commit
// fails with [ErrDeleted], and scs sets no cookie. By default it answers with status 500. Tell it otherwise:
//
//	manager.ErrorFunc = func(w http.ResponseWriter, r *http.Request, err error) {
//		if errors.Is(err, sealedscs.ErrDeleted) {
//			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
//			return
//		}
//		log.Print(err)
//		http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
//	}
//
// scs calls it when the handler has run, and sends what that has written after it: the page follows the redirect, and
// browsers do not show it.
//
// Of two requests that change one session at a time the later one wins, as everywhere in scs, whose stores are not told
// what was loaded. A [sessions.Manager] detects that.
//
// # Keys
//
// A record opens as long as its key does, and is sealed anew when scs writes it. Without an IdleTimeout that may be never,
// so keep keys for the SessionManager's Lifetime after the next one took over.
//
// # Only a codec
//
// [NewCodec] makes what scs calls a Codec, for those who keep the scs store that they have. It is not told the token, so it
// can bind nothing to it: whoever writes to that store can still copy one user's session onto another's token, and the
// store still has the tokens. Prefer the store. Not both: it would seal twice.
//
// # What it does not do
//
// Whoever writes to the store beneath can put back an older record of the same session, also of one that was deleted,
// until that record expires. A store that evicts what has not expired may forget what was deleted. Lengths and times are
// not hidden.
package sealedscs
