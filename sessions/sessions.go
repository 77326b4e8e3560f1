// Package sessions keeps sealed sessions in a store that learns nothing of them and can forge nothing. [New] makes a
// [Manager] of a keyring, a store and a type; [NewWeb] brings its sessions to the handlers of net/http, in a cookie.
//
// The store, be it [NewMemoryStore]'s or a Redis, knows sessions by hashes of their IDs and has records that are sealed,
// as format.md specifies, and bound to that hash and a version. So whoever reads the store cannot take a session over, nor
// read what is in it; and whoever writes to it can delete sessions, but not make one, change one or turn one into another.
//
// # Life of a session
//
// A session ends when it has not been used for Options.Idle, when Options.Absolute has passed since it was made, when it
// is invalidated, or with the key that it is sealed with. Using it is written down once a tenth of the idle lifetime
// has passed, so most requests write nothing.
//
// [Manager.SignIn] makes a session that of a subject: a user, by whatever name the service has for them. It gives it a
// fresh ID, so that an ID which somebody planted or saw before is worth nothing. Call [Manager.Renew] where a session gets
// more rights in another way. [Manager.InvalidateSubject] logs a subject out everywhere; [Manager.List] and
// [Manager.InvalidateOne] are for a list of devices.
//
// Each Save counts the version up, and the store replaces only the version that was loaded. So of two requests that change
// one session at the same time the slower one fails with [ErrConflict], and one that was logged out while it ran fails with
// [ErrNoSession]: nothing that was deleted comes back.
//
// # Errors
//
// [ErrNoSession] says that there is no session, for whatever reason, and [ErrStore] that nobody knows: do not take that for
// a logout. A record that does not open reads as no session, and Options.Observer hears why. It is deleted only if it
// cannot be anybody's session: if it is malformed or does not authenticate, and still is the same. A record under a key
// that this node does not have stays for the nodes that do.
//
// # Stores
//
// [NewMemoryStore] is for a service of one node; package redisstore, a module of its own, keeps sessions in Redis. Write
// another one by the contract of [Store], and hold it against package sessionstest, which has all of it and the attacks.
//
// # HTTP
//
// [Web.Handler] puts the session in reach of the request's context:
//
//	web, err := sessions.NewWeb(manager, nil)
//	http.ListenAndServe(addr, web.Handler(mux))
//
//	func profile(w http.ResponseWriter, r *http.Request) {
//		s, err := web.Session(r.Context())
//		if errors.Is(err, sessions.ErrNoSession) {
//			http.Redirect(w, r, "/sign-in", http.StatusSeeOther)
//			return
//		}
//		if err != nil {
//			web.Error(w, r, err) // 503
//			return
//		}
//		…
//	}
//
// The session is loaded once, when it is asked for, and what was Set is written once, before the headers are sent; where
// that fails, the request is answered with an error instead. The cookie is __Host-, Secure, HttpOnly and SameSite=Lax.
// Answers for which the session was asked have Vary: Cookie and, unless the handler says otherwise,
// Cache-Control: private, no-store: ask before the first byte is written, as nothing can be added to headers that were
// sent. Only [Web.SignOut] deletes the cookie; a store that is down logs nobody out.
//
// # Requests that other sites make
//
// A browser sends the cookie with requests that other sites cause. SameSite=Lax leaves it out of most, but not of links,
// and not of what other hosts of the same domain send. So let requests of methods GET and HEAD change nothing, and put
// [net/http.CrossOriginProtection] around all others: it refuses, by headers that browsers set, what comes from elsewhere.
// With SameSite=None it is the only protection.
//
//	handler := http.NewCrossOriginProtection().Handler(web.Handler(mux))
//
// # Without a store
//
// [NewStoreless] seals the session into the cookie, up to 4,096 bytes with the cookie's name and attributes. Whoever has a
// copy of a cookie has the session until it expires, as signing out deletes nothing but the browser's copy; an older
// cookie can be put back in the place of a newer one; and of two requests at the same time one loses what it changed. Keep
// no balance, no count and no right in it that must not come back. Options.RevokedBefore can revoke all sessions of a
// subject; lifetimes should be short.
//
// # What it does not do
//
// Whoever writes to the store can put back an older record of the same session, also of one that was deleted, until that
// record expires, and can delete the moment up to which sessions are revoked. Options.RevokedBefore, with a moment that is
// kept elsewhere, decides against both. Lengths and times of records are not hidden, nor, without Options.SubjectSecret,
// which of the names that somebody can think of have sessions.
package sessions
