// Package itsdangerous reads and writes what Python's itsdangerous 2.2 signs: the same text for the same keys, both ways.
// [NewURLSafeTimedSerializer] makes what most programs use, and its Dumps and Loads are Python's.
//
// Names and defaults are Python's, so that its documentation applies. Where Python is lax this package is not, and
// README.md has a table of the differences: it opens only the very text that was signed, no time outside the years 1970 to
// 9999, nothing that grows beyond a limit, and it never hands out what nobody vouches for.
//
// It needs nothing beyond the standard library. For new tokens, use package sealring: it knows keys by an ID, expiry,
// binding and encryption, and its Options.Legacy moves tokens of this kind over without logging anybody out.
package itsdangerous
