package interop

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alexedwards/scs/goredisstore"
	"github.com/alexedwards/scs/v2"
	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/internal/redistest"
	"github.com/sealring/sealring/redisstore"
	"github.com/sealring/sealring/sessions"
)

// A profile is what both kinds of session hold; scs has its fields as values of their own, as its users do.
type profile struct {
	UserID int    `json:"user_id"`
	Name   string `json:"name"`
	Data   string `json:"data"`
}

// A rival is a way to keep sessions, as a number of callers use it: each has one session.
type rival struct {
	load, save func(caller int)
	key        string // of the record of caller 0
}

const (
	mostCallers = 64
	rounds      = 8                      // of each side, in turns
	slice       = 150 * time.Millisecond // of a round
)

// BenchmarkSessions measures loading and saving sessions in Redis beside scs, with its goredisstore and its GobCodec:
// the same server on loopback, the same client, the same run, in turns. The sessions of sealring are encrypted and
// bound, and each save is a compare-and-set. x-scs is the median of the rounds' ratios.
func BenchmarkSessions(b *testing.B) {
	port := redistest.Ports(b, 1)[0]
	redistest.Start(b, redistest.Options{Args: []string{"--port", port, "--bind", "127.0.0.1"}})
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:" + port})
	defer client.Close()
	for _, size := range []int{300, 4096} {
		p := profile{UserID: 123456, Name: "Ada Lovelace"}
		p.Data = strings.Repeat("0123456789abcdef", 256)[:size-len(`{"user_id":123456,"name":"Ada Lovelace","data":""}`)]
		ours, theirs := newSealed(b, client, p), newSCS(b, client, p)
		for _, callers := range []int{1, mostCallers} {
			measure := func(name string, ours, theirs func(int)) {
				b.Run(fmt.Sprintf("%s/%dB/%dcallers", name, size, callers), func(b *testing.B) {
					var ratios, own, other []float64
					for range rounds {
						own = append(own, perSecond(callers, ours))
						other = append(other, perSecond(callers, theirs))
						ratios = append(ratios, own[len(own)-1]/other[len(other)-1])
					}
					b.ReportMetric(0, "ns/op")
					b.ReportMetric(median(own), "ops/s")
					b.ReportMetric(median(other), "scs-ops/s")
					b.ReportMetric(median(ratios), "x-scs")
				})
			}
			measure("load", ours.load, theirs.load)
			measure("save", ours.save, theirs.save)
			both := func(r rival) func(int) {
				return func(i int) {
					r.load(i)
					r.save(i)
				}
			}
			measure("load+save", both(ours), both(theirs))
		}
		b.Run(fmt.Sprintf("memory/%dB", size), func(b *testing.B) {
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(float64(must(client.MemoryUsage(b.Context(), ours.key).Result())), "B")
			b.ReportMetric(float64(must(client.MemoryUsage(b.Context(), theirs.key).Result())), "scs-B")
		})
	}
}

func newSealed(b *testing.B, client *redis.Client, p profile) rival {
	ctx := b.Context()
	ring := must(sealring.NewKeyring(sealring.GenerateKey()))
	store := must(redisstore.New(client, &redisstore.Options{Prefix: fmt.Sprintf("sealed%d:", len(p.Data))}))
	m := must(sessions.New[profile](ring, store, nil))
	all := make([]*sessions.Session[profile], mostCallers)
	for i := range all {
		all[i] = must(m.Create(ctx, p))
	}
	return rival{
		load: func(i int) {
			if s, err := m.Load(ctx, all[i].ID()); err != nil || s.Value() != p {
				panic(fmt.Sprint("no such session: ", err))
			}
		},
		save: func(i int) {
			all[i].Set(p)
			if err := m.Save(ctx, all[i]); err != nil {
				panic(err)
			}
		},
		key: client.Keys(ctx, fmt.Sprintf("sealed%d:*", len(p.Data))).Val()[0],
	}
}

func newSCS(b *testing.B, client *redis.Client, p profile) rival {
	m := scs.New()
	m.Lifetime = 12 * time.Hour
	prefix := fmt.Sprintf("scs%d:", len(p.Data))
	m.Store = goredisstore.NewWithPrefix(client, prefix)
	contexts := make([]context.Context, mostCallers)
	tokens := make([]string, mostCallers)
	for i := range tokens {
		ctx := must(m.Load(b.Context(), ""))
		m.Put(ctx, "user_id", p.UserID)
		m.Put(ctx, "name", p.Name)
		m.Put(ctx, "data", p.Data)
		token, _, err := m.Commit(ctx)
		if err != nil {
			b.Fatal(err)
		}
		contexts[i], tokens[i] = ctx, token
	}
	return rival{
		load: func(i int) {
			ctx, err := m.Load(context.Background(), tokens[i])
			got := profile{UserID: m.GetInt(ctx, "user_id"), Name: m.GetString(ctx, "name"), Data: m.GetString(ctx, "data")}
			if err != nil || got != p {
				panic(fmt.Sprint("no such session: ", err))
			}
		},
		save: func(i int) {
			m.Put(contexts[i], "data", p.Data)
			if _, _, err := m.Commit(contexts[i]); err != nil {
				panic(err)
			}
		},
		key: prefix + tokens[0],
	}
}

// perSecond is how often callers at the same time can call f in a second.
func perSecond(callers int, f func(int)) float64 {
	var n atomic.Int64
	var done sync.WaitGroup
	began := time.Now()
	for i := range callers {
		done.Go(func() {
			calls := int64(0)
			for time.Since(began) < slice {
				f(i)
				calls++
			}
			n.Add(calls)
		})
	}
	done.Wait()
	return float64(n.Load()) / time.Since(began).Seconds()
}

func median(numbers []float64) float64 {
	sorted := slices.Sorted(slices.Values(numbers))
	return (sorted[(len(sorted)-1)/2] + sorted[len(sorted)/2]) / 2
}
