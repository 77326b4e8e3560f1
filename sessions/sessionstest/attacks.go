package sessionstest

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

// hash is what a store knows a session by, computed as the documentation has it.
func hash(id string) [32]byte {
	b, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil {
		panic("sessionstest: not an ID") // unreachable: IDs come from a Manager
	}
	return sha256.Sum256(append([]byte("sealring/v1/session-id\x00"), b...))
}

// A session is made, read, changed, renewed and ended.
func testLife(k *kit) {
	m := k.manager(k.Store)
	s, err := m.Create(k.ctx, Value{"anonymous", 1})
	k.must(err)
	anonymous := s.ID()
	if got := k.loads(m, anonymous); got.Value() != s.Value() || got.Subject() != "" {
		k.Fatalf("the session came back as %v", got.Value())
	}
	k.must(m.SignIn(k.ctx, s, "alice", "label", Value{"alice", 2}))
	k.dead(m, anonymous)
	got := k.loads(m, s.ID())
	if got.Value() != (Value{"alice", 2}) || got.Subject() != "alice" || got.Label() != "label" {
		k.Fatalf("the session came back as %v of %q", got.Value(), got.Subject())
	}
	got.Set(Value{"alice", 3})
	k.must(m.Save(k.ctx, got))
	before := got.ID()
	k.must(m.Renew(k.ctx, got))
	k.dead(m, before)
	if again := k.loads(m, got.ID()); again.Value().N != 3 || again.Subject() != "alice" {
		k.Fatalf("the session was renewed to %v", again.Value())
	}
	k.must(m.Invalidate(k.ctx, got))
	k.dead(m, got.ID())
	k.must(m.Invalidate(k.ctx, got))
}

// No subject is taken for another, whatever bytes it has.
func testSubjects(k *kit) {
	m := k.manager(k.Store)
	suffix := name()
	var subjects []string
	for _, s := range []string{
		"a", "A", "a\x00", "\x00a", "a\x00b", "a:b", "a::b", ":", "a b", " a", "a\n", "a/b", "../a", "a*", "a?", "[a]", "{a}", "a}b{",
		"caf\u00e9", "cafe\u0301", "\xff", "\xff\xfe", "\u65e5\u672c", "' OR 1=1", "$1", strings.Repeat("x", 900),
	} {
		subjects = append(subjects, s+suffix, suffix+s)
	}
	handles := map[string]string{}
	for _, subject := range subjects {
		handles[subject] = k.signedIn(m, subject).Handle()
	}
	alone := func(subject string) {
		k.Helper()
		list, err := m.List(k.ctx, subject)
		if err != nil || len(list) != 1 || list[0].Handle != handles[subject] || list[0].Label != "label" {
			k.Fatalf("%q has the sessions %v (%v), want %s", subject, list, err, handles[subject])
		}
	}
	for _, subject := range subjects {
		alone(subject)
	}
	for i, subject := range subjects {
		k.must(m.InvalidateSubject(k.ctx, subject))
		if list, err := m.List(k.ctx, subject); err != nil || len(list) != 0 {
			k.Fatalf("%q has the sessions %v after a logout everywhere (%v)", subject, list, err)
		}
		for _, other := range subjects[i+1:] {
			alone(other)
		}
	}
}

// Whatever is changed in a record, it reads as no session, is reported, and is gone.
func testTampering(k *kit) {
	m, heard := k.observed(k.Store)
	s := k.signedIn(m, name())
	id := hash(s.ID())
	genuine := k.load(id)
	check := func(r []byte) {
		k.Helper()
		k.plant(id, r)
		k.dead(m, s.ID())
		if e := heard.last(); e.Class == nil || e.Handle != s.Handle() {
			k.Fatalf("the observer heard %+v", e)
		} else if deleted := k.load(id) == nil; deleted != e.Deleted {
			k.Fatalf("deleted: %v, but the observer heard %+v", deleted, e)
		}
	}
	step := 1 + len(genuine)/64 // and all of the head
	for i := 0; i < len(genuine); i++ {
		if i > 40 && i%step != 0 {
			continue
		}
		changed := append([]byte{}, genuine...)
		changed[i] ^= 1 << (i % 8)
		check(changed)
		if i > 0 { // a store may take what is empty for nothing
			check(genuine[:i])
		}
	}
	check(append(append([]byte{}, genuine...), 0))
	check(genuine[8:])
	check(make([]byte, len(genuine)))
	for _, version := range []uint64{0, 2, 1 << 63} {
		check(append(binary.BigEndian.AppendUint64(nil, version), genuine[8:]...))
	}
	if heard.last().Class != nil {
		k.Fatal("the observer hears of something else")
	}
	k.plant(id, genuine)
	k.loads(m, s.ID())
}

// A genuine record is of no use in another's place, neither for the one who signs in with it nor in a list.
func testSwapping(k *kit) {
	m, heard := k.observed(k.Store)
	victim, thief := name("victim"), name("thief")
	hers, his := k.signedIn(m, victim), k.signedIn(m, thief)
	k.plant(hash(his.ID()), k.load(hash(hers.ID())))
	k.dead(m, his.ID())
	if e := heard.last(); e.Class != sealring.ErrBadSignature || !e.Deleted {
		k.Fatalf("the observer heard %+v", e)
	}
	k.loads(m, hers.ID())

	// Listed under the thief's name, the victim's session is neither shown nor theirs to end.
	his = k.signedIn(m, thief)
	subject := sha256.Sum256([]byte("sealring/v1/session-subject\x00" + thief))
	k.enter(subject, hash(hers.ID()), k.Now().Add(time.Second).Truncate(time.Millisecond), k.after(time.Hour),
		k.Now().Add(time.Second).Truncate(time.Millisecond))
	list, err := m.List(k.ctx, thief)
	if err != nil || len(list) != 1 || list[0].Handle != his.Handle() {
		k.Fatalf("the thief has the sessions %v (%v)", list, err)
	}
	k.fails(m.InvalidateOne(k.ctx, thief, hers.Handle()), sessions.ErrNoSession)
	k.loads(m, hers.ID())
	k.fails(m.InvalidateOne(k.ctx, thief, ""), sessions.ErrNoSession)
	k.must(m.InvalidateOne(k.ctx, thief, his.Handle()))
	k.dead(m, his.ID())
}

// A record that is put back after its subject has logged out everywhere stays dead, and so does one that is renewed then.
func testReplay(k *kit) {
	m := k.manager(k.Store)
	subject := name()
	s, slow := k.signedIn(m, subject), k.signedIn(m, subject)
	genuine, slows := k.load(hash(s.ID())), k.load(hash(slow.ID()))
	k.must(m.InvalidateSubject(k.ctx, subject))
	k.plant(hash(s.ID()), genuine)
	k.plant(hash(slow.ID()), slows)
	k.dead(m, s.ID())
	k.fails(m.Renew(k.ctx, slow), sessions.ErrNoSession)
	k.dead(m, slow.ID())
	if list, err := m.List(k.ctx, subject); err != nil || len(list) != 0 {
		k.Fatalf("the subject has the sessions %v (%v)", list, err)
	}
	k.loads(m, k.signedIn(m, subject).ID())
}

// What is deleted is what was judged, not what came in its place.
func testJudgedBytes(k *kit) {
	between := &hooked{Store: k.Store}
	m := k.manager(between)
	s := k.signedIn(m, name())
	id := hash(s.ID())
	genuine := k.load(id)
	k.plant(id, append([]byte{}, genuine[:len(genuine)-1]...))
	between.before(2, func() { k.plant(id, genuine) }) // after Load, before Delete
	k.dead(m, s.ID())
	k.has(id, genuine)
	k.loads(m, s.ID())
}

// A record that another node can open is left for it.
func testOtherKeys(k *kit) {
	m := k.manager(k.Store)
	s := k.signedIn(m, name())
	genuine := k.load(hash(s.ID()))
	for name, options := range map[string]*sessions.Options{
		"unknown key": nil,
		"too large":   {MaxRecord: 256},
	} {
		heard := new(witness)
		r := ring(k)
		o := sessions.Options{Now: k.Now, Observer: heard}
		if options != nil {
			o.MaxRecord = options.MaxRecord
		}
		other, err := sessions.New[Value](r, k.Store, &o)
		k.must(err)
		k.dead(other, s.ID())
		if e := heard.last(); e.Class == nil || e.Deleted {
			k.Fatalf("%s: the observer heard %+v", name, e)
		}
		k.has(hash(s.ID()), genuine)
	}
	k.loads(m, s.ID())
}

// A session that was logged out while a request with it ran stays dead, whatever that request does in the end.
func testSlowRequests(k *kit) {
	m := k.manager(k.Store)
	for what, end := range map[string]func(s *sessions.Session[Value]) error{
		"Save":   func(s *sessions.Session[Value]) error { return m.Save(k.ctx, s) },
		"Touch":  func(s *sessions.Session[Value]) error { s.Set(Value{}); return m.Touch(k.ctx, s) },
		"Renew":  func(s *sessions.Session[Value]) error { return m.Renew(k.ctx, s) },
		"SignIn": func(s *sessions.Session[Value]) error { return m.SignIn(k.ctx, s, name(), "", Value{}) },
	} {
		for how, logout := range map[string]func(s *sessions.Session[Value]) error{
			"Invalidate":        func(s *sessions.Session[Value]) error { return m.Invalidate(k.ctx, s) },
			"InvalidateSubject": func(s *sessions.Session[Value]) error { return m.InvalidateSubject(k.ctx, s.Subject()) },
			"InvalidateOne":     func(s *sessions.Session[Value]) error { return m.InvalidateOne(k.ctx, s.Subject(), s.Handle()) },
		} {
			s := k.signedIn(m, name())
			slow := k.loads(m, s.ID())
			k.must(logout(s))
			if err := end(slow); err == nil {
				k.Errorf("%s succeeds after %s", what, how)
			} else {
				k.fails(err, sessions.ErrNoSession)
			}
			k.dead(m, s.ID())
			k.dead(m, slow.ID())
			k.has(hash(s.ID()), nil)
		}
	}
}

// A hooked is a store that calls a function before its n-th call, counted from when it was told to.
type hooked struct {
	sessions.Store
	calls int
	hooks map[int]func()
	names []string
}

// before calls f before the n-th call from now on.
func (h *hooked) before(n int, f func()) { h.calls, h.hooks, h.names = 0, map[int]func(){n: f}, nil }

func (h *hooked) call(name string) {
	h.calls++
	h.names = append(h.names, name)
	if f := h.hooks[h.calls]; f != nil {
		delete(h.hooks, h.calls)
		f()
	}
}

func (h *hooked) Load(ctx context.Context, ids ...[32]byte) ([][]byte, error) {
	h.call("Load")
	return h.Store.Load(ctx, ids...)
}

func (h *hooked) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	h.call("Save")
	return h.Store.Save(ctx, id, version, record, expires)
}

func (h *hooked) Delete(ctx context.Context, id [32]byte, record []byte) (bool, error) {
	h.call("Delete")
	return h.Store.Delete(ctx, id, record)
}

func (h *hooked) Enter(ctx context.Context, subject, id [32]byte, at, expires time.Time) (time.Time, error) {
	h.call("Enter")
	return h.Store.Enter(ctx, subject, id, at, expires)
}

func (h *hooked) Leave(ctx context.Context, subject [32]byte, ids ...[32]byte) error {
	h.call("Leave")
	return h.Store.Leave(ctx, subject, ids...)
}
