package sessionstest

import (
	"sync/atomic"
	"time"
)

const (
	// callers is how many act at the same time, and rounds how often, so that a race is met.
	callers = 8
	rounds  = 25
)

// Every method runs beside every other, over one session and one subject, for the race detector to see.
func testAllAtOnce(k *kit) {
	hour := k.after(time.Hour)
	id, subject := random(), random()
	calls := []func() error{
		func() error { _, err := k.Store.Load(k.ctx, id); return err },
		func() error { _, err := k.Store.Save(k.ctx, id, 0, record(1, ""), hour); return err },
		func() error { _, err := k.Store.Save(k.ctx, id, 1, record(2, ""), hour); return err },
		func() error { _, err := k.Store.Delete(k.ctx, id, nil); return err },
		func() error { _, err := k.Store.Enter(k.ctx, subject, id, k.Now(), hour); return err },
		func() error { return k.Store.Leave(k.ctx, subject, id) },
		func() error { _, err := k.Store.List(k.ctx, subject); return err },
		func() error { _, err := k.Store.Revoke(k.ctx, subject, k.Now(), hour); return err },
		func() error { _, err := k.Store.Revoked(k.ctx, subject); return err },
	}
	for range rounds {
		at(2*len(calls), func(i int) {
			if err := calls[i%len(calls)](); err != nil {
				k.Errorf("method %d: %v", i%len(calls), err)
			}
		})
	}
}

// Of those that replace or delete one record at the same time, one does.
func testRaces(k *kit) {
	hour := k.after(time.Hour)
	count := func(what string, want int32, f func(i int) (bool, error)) {
		k.Helper()
		var done atomic.Int32
		at(callers, func(i int) {
			did, err := f(i)
			if err != nil {
				k.Errorf("%s: %v", what, err)
			}
			if did {
				done.Add(1)
			}
		})
		if n := done.Load(); n != want {
			k.Fatalf("%s: %d of %d did it, want %d", what, n, callers, want)
		}
	}
	for range rounds {
		id := random()
		count("Save where nothing is", 1, func(int) (bool, error) { return k.Store.Save(k.ctx, id, 0, record(1, ""), hour) })
		count("Save over one version", 1, func(int) (bool, error) { return k.Store.Save(k.ctx, id, 1, record(2, ""), hour) })
		count("Delete of a record", 1, func(int) (bool, error) { return k.Store.Delete(k.ctx, id, record(2, "")) })
		k.has(id, nil)

		// A logout among saves: whatever the order, there is nothing in the end.
		k.save(id, 0, record(1, ""), hour, true)
		count("Save beside Delete", 1, func(i int) (bool, error) {
			if i == 0 {
				return k.Store.Delete(k.ctx, id, nil)
			}
			_, err := k.Store.Save(k.ctx, id, 1, record(2, ""), hour)
			return false, err
		})
		k.has(id, nil)

		// A retirement among saves: one of them wins, and a save that wins is there.
		k.save(id, 0, record(1, ""), hour, true)
		var retired atomic.Bool
		count("Save beside Save in the past", 1, func(i int) (bool, error) {
			if i > 0 {
				return k.Store.Save(k.ctx, id, 1, record(2, ""), hour)
			}
			saved, err := k.Store.Save(k.ctx, id, 1, record(2, ""), time.UnixMilli(1))
			retired.Store(saved)
			return saved, err
		})
		if retired.Load() {
			k.has(id, nil)
		} else {
			k.has(id, record(2, ""))
		}
	}
}

// What is saved as its record expires is saved for as long as was asked, or nothing is there.
func testExpiryRaces(k *kit) {
	const life = 20 * time.Millisecond
	for round := range rounds {
		id, hour := random(), k.after(time.Hour)
		k.save(id, 0, record(1, ""), k.after(life), true)
		k.Sleep(life - time.Duration(round%8)*time.Millisecond)
		var winners atomic.Int32
		at(callers, func(int) {
			saved, err := k.Store.Save(k.ctx, id, 1, record(2, ""), hour)
			if err != nil {
				k.Error(err)
			}
			if saved {
				winners.Add(1)
			}
		})
		k.Sleep(life)
		switch winners.Load() {
		case 0:
			k.has(id, nil)
		case 1:
			k.has(id, record(2, ""))
		default:
			k.Fatalf("%d of %d saved over one version", winners.Load(), callers)
		}
	}
}

// A moment that was returned is never undercut: neither by an earlier one at the same time, nor by a session that begins.
func testRevocationRaces(k *kit) {
	hour, moment := k.after(time.Hour), time.UnixMilli(1_000_000)
	for range rounds {
		subject := random()
		var latest atomic.Int64
		latest.Store(moment.UnixMilli() - 1)
		at(callers, func(i int) {
			known := latest.Load()
			if i%2 == 0 {
				before, err := k.Store.Revoke(k.ctx, subject, moment.Add(time.Duration(i)*time.Second), hour)
				if err != nil || before.UnixMilli() < known {
					k.Errorf("Revoke: up to %v, %v, after %v had been returned", before, err, time.UnixMilli(known))
				}
				for at := before.UnixMilli(); ; {
					old := latest.Load()
					if at <= old || latest.CompareAndSwap(old, at) {
						return
					}
				}
			}
			begins, err := k.Store.Enter(k.ctx, subject, random(), moment, hour)
			if err != nil || begins.UnixMilli() <= known {
				k.Errorf("Enter: begins at %v, %v, after %v had been returned", begins, err, time.UnixMilli(known))
			}
		})
		k.revoked(subject, time.UnixMilli(latest.Load()))

		// Each that was listed is covered by the next one, and each that comes then is not.
		before, err := k.Store.Revoke(k.ctx, subject, moment, hour)
		if err != nil {
			k.Fatal(err)
		}
		k.enter(subject, random(), moment, hour, before.Add(time.Millisecond))
	}
}
