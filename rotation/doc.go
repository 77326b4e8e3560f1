// Package rotation plans the keys of a ring document ahead, so that a fleet of programs changes keys while nobody is
// logged out. [Next] has the document that follows from one at a moment, [Check] says what is wrong with one, and
// [Simulation] shows what either does to a fleet.
//
// All of it is pure: a document, a [Policy] and a moment in, a document or findings out. Nothing reads a clock, a file or
// the network; a program that runs Next from time to time and writes what it returns is all that rotation needs.
//
// # How a key lives
//
//   - Staged: it stands in the document with a SealFrom to come. Nodes learn it, and open what it seals.
//   - Primary: its SealFrom has come. No document changes at that moment; every node goes by its own clock.
//   - Opening: a newer key is primary. Once that is so by every clock, Next writes down until when this one opens.
//   - Closed: its OpenUntil has come. Next removes it some time later.
//
// # The arithmetic
//
// Two clocks show times that are up to Skew apart, the clock of the machine that writes the document included. A document
// is with every node once Propagation has passed:
//
//	Propagation = Publication + Reload × (1 + FailedReloads)
//
// A key may seal once every node knows it, and the fastest clock reaches SealFrom first, Skew before the clock that staged
// the key. So a key staged at a moment seals, at the earliest,
//
//	SealFrom ≥ staged + Propagation + Skew
//
// Next stages a key one RunEvery sooner than that, so that one of its runs falls into the time that is left.
//
// A key seals until the slowest clock reaches the SealFrom of the next key. What it sealed last is good for Lifetime:
//
//	OpenUntil ≥ SealFrom of the next key + Skew + Lifetime + Skew
//
// Where the next key came into the document later than its SealFrom, as in an emergency, nodes sealed with the old key
// until they had it: then its Created + Propagation counts in place of its SealFrom.
//
// The first Skew is for that case: the node that learns of a key last may have a clock ahead of the one that wrote
// Created. In a planned rotation Lifetime alone would be enough, since a token carries its expiry as a time, and a node
// goes by one clock in comparing that and in closing the key; there both are a margin, so that nothing rests on it.
//
// A closed key does nothing any more, so that its removal cannot be seen from outside but in what [sealring.Opening] calls
// an old token. It stays for
//
//	Propagation + Skew + Grace
//
// after its OpenUntil: until then a node that has fallen behind, or one whose clock has, may hold it open, and people
// should find the key in the document. Keys leave oldest first, since a newer one tells when an older one ceased to seal. A
// [sealring.Keyring] remembers removed IDs: an ID never returns with another secret.
//
// # What it does not know
//
// Check believes Created: a key made long before it was put into the document looks as if every node knew it. It believes
// the Lifetime of the policy: a codec with a longer TTL loses tokens. It cannot see a key that was removed too soon. And
// Options.Leeway of the codecs must not be below Skew, or nodes refuse what others seal, whatever the keys are.
package rotation
