package main

import (
	"fmt"
	"math"
	"runtime"

	"github.com/sealring/sealring"
)

// A series is what one operation takes as something grows: a line of a chart.
type series struct {
	chart, name string
	floor       bool // it is the floor of another
	points      []point
}

// A point is a candidate at its place on the axis.
type point struct {
	x         int
	candidate string
}

// The charts that series belong to.
const (
	signedChart    = "signed"
	encryptedChart = "encrypted"
	keysChart      = "keys"
)

var (
	growthSizes = []int{64, 256, 1 << 10, 4 << 10, 16 << 10, 64 << 10, 256 << 10, 1 << 20}
	growthKeys  = []int{1, 3, 10, 30, 100, 300, 1000}
)

// growthSlots is how many times as long the slots are where the payloads are large.
const growthSlots = 20

// growthSizeGroup is sealing and opening of bodies of all sizes, in the same rounds, so that a drift of the machine moves
// every point of a line alike.
func growthSizeGroup() (*group, error) {
	lines := []*series{
		{chart: signedChart, name: "seal text signed"}, {chart: signedChart, name: "open text signed"},
		{chart: signedChart, name: "seal binary signed"}, {chart: signedChart, name: "open binary signed"},
		{chart: signedChart, name: "F seal", floor: true}, {chart: signedChart, name: "F open", floor: true},
		{chart: signedChart, name: "hmac", floor: true},
		{chart: encryptedChart, name: "seal text encrypted"}, {chart: encryptedChart, name: "open text encrypted"},
		{chart: encryptedChart, name: "seal binary encrypted"}, {chart: encryptedChart, name: "open binary encrypted"},
		{chart: encryptedChart, name: "F2 seal", floor: true}, {chart: encryptedChart, name: "F2 open", floor: true},
	}
	all := &group{longSlots: growthSlots}
	for _, size := range growthSizes {
		f, err := newFixture(size)
		if err != nil {
			return nil, err
		}
		one := new(group)
		f.addFloors(one)
		f.addSealers(one)
		f.addOpeners(one)
		for _, c := range one.candidates {
			name := fmt.Sprintf("%s, %d", c.Name, size)
			all.add(name, c.Check, c.Run)
			for _, line := range lines {
				if line.name == c.Name {
					line.points = append(line.points, point{size, name})
				}
			}
		}
	}
	for _, line := range lines {
		all.series = append(all.series, *line)
	}
	return all, nil
}

// growthKeysGroup is opening of what the newest and the oldest key of a ring sealed, by rings of all sizes, and sealing.
func growthKeysGroup() (*group, error) {
	one, err := newFixture(peerSize)
	if err != nil {
		return nil, err
	}
	g := new(group)
	lines := []series{{chart: keysChart, name: "seal"}, {chart: keysChart, name: "open, primary key"}, {chart: keysChart, name: "open, oldest key"}}
	for _, n := range growthKeys {
		ring, keys, err := newRing(n)
		if err != nil {
			return nil, err
		}
		many, err := newSealer(ring, false)
		if err != nil {
			return nil, err
		}
		names := make([]string, len(lines))
		for i := range lines {
			names[i] = fmt.Sprintf("%s, %d", lines[i].name, n)
			lines[i].points = append(lines[i].points, point{n, names[i]})
		}
		one.addSealer(g, names[0], many.AppendSeal, openText(many))
		for i, key := range []sealring.Key{keys[0], keys[n-1]} {
			token, err := sealedBy(key, one.body)
			if err != nil {
				return nil, err
			}
			one.addOpener(g, names[i+1], many, token)
		}
	}
	g.series = lines
	return g, nil
}

// sealedBy returns a token that one key of a ring sealed.
func sealedBy(key sealring.Key, body []byte) (string, error) {
	ring, err := sealring.NewKeyring(key)
	if err != nil {
		return "", err
	}
	sealer, err := newSealer(ring, false)
	if err != nil {
		return "", err
	}
	token, err := sealer.AppendSeal(nil, body, nil)
	return string(token), err
}

// A line is y = fixed + slope*x, and how well it fits.
type line struct {
	fixed, slope float64
	r2           float64 // of the deviations that the fit makes small, which are relative
	deviation    float64 // the largest, relative to the measured value, with its sign
	at           float64 // the x of it
}

// fit returns the line with the least squares of relative deviations: 64 bytes count as much as a megabyte, which would
// decide alone if nanoseconds were squared.
func fit(xs, ys []float64) line {
	// With weights w = 1/y², the normal equations of two unknowns.
	var w, wx, wy, wxx, wxy float64
	for i, x := range xs {
		weight := 1 / (ys[i] * ys[i])
		w, wx, wy = w+weight, wx+weight*x, wy+weight*ys[i]
		wxx, wxy = wxx+weight*x*x, wxy+weight*x*ys[i]
	}
	l := line{slope: (w*wxy - wx*wy) / (w*wxx - wx*wx)}
	l.fixed = (wy - l.slope*wx) / w
	mean := wy / w
	var residual, total float64
	for i, x := range xs {
		relative := 1 - (l.fixed+l.slope*x)/ys[i]
		if math.Abs(relative) > math.Abs(l.deviation) {
			l.deviation, l.at = relative, x
		}
		residual += relative * relative
		total += (1 - mean/ys[i]) * (1 - mean/ys[i])
	}
	l.r2 = 1 - residual/total
	return l
}

// A held is memory that lives as long as what it is of.
type held struct {
	Name  string
	Bytes float64
}

// memoryGroup measures how much memory codecs and keys hold. It times nothing.
func memoryGroup() (*group, error) {
	const many = 1000
	one, keys, err := newRing(1)
	if err != nil {
		return nil, err
	}
	big, bigKeys, err := newRing(many)
	if err != nil {
		return nil, err
	}
	tokens := make([]string, many)
	for i, key := range bigKeys {
		if tokens[i], err = sealedBy(key, payloadOf(peerSize)); err != nil {
			return nil, err
		}
	}
	g := new(group)
	add := func(name string, n int, make func() any) {
		g.memory = append(g.memory, held{name, heldBy(make) / float64(n)})
	}
	codecs := func(encrypt, use bool) func() any {
		return func() any {
			all := make([]*sealring.Codec[session], many)
			for i := range all {
				all[i] = must(sealring.NewCodec[session](one, purpose, &sealring.Options{TTL: peerTTL, Encrypt: encrypt}))
				if use {
					must(all[i].Seal(sampleSession))
				}
			}
			return all
		}
	}
	opened := func(encrypt bool) func() any {
		return func() any {
			sealer := must(newSealer(big, encrypt))
			for i, token := range tokens {
				if encrypt {
					single := must(sealring.NewKeyring(bigKeys[i]))
					token = string(must(must(newSealer(single, true)).AppendSeal(nil, nil, nil)))
				}
				_, _, err := sealer.AppendOpen(nil, token, nil)
				must(0, err)
			}
			return sealer
		}
	}
	add("a key in a keyring", many, func() any { return must(sealring.NewKeyring(bigKeys...)) })
	add("a keyring of one key", many, func() any {
		rings := make([]*sealring.Keyring, many)
		for i := range rings {
			rings[i] = must(sealring.NewKeyring(keys...))
		}
		return rings
	})
	add("a codec, not used yet", many, codecs(false, false))
	add("a codec that has signed with its one key", many, codecs(false, true))
	add("a codec that has encrypted with its one key", many, codecs(true, true))
	add("a key of 1,000 that a codec has opened with, signed", many, opened(false))
	add("a key of 1,000 that a codec has opened with, encrypted", many, opened(true))
	runtime.KeepAlive([]any{one, keys, big, bigKeys, tokens}) // or they would be missing from a later heap
	return g, nil
}

// heldBy returns how many bytes of the heap what make returns keeps alive.
func heldBy(make func() any) float64 {
	var before, after runtime.MemStats
	collect()
	runtime.ReadMemStats(&before)
	v := make()
	collect()
	runtime.ReadMemStats(&after)
	runtime.KeepAlive(v)
	return float64(after.HeapAlloc) - float64(before.HeapAlloc)
}

// collect empties the heap of all that nobody holds: a sync.Pool lets go in the second collection.
func collect() {
	for range 3 {
		runtime.GC()
	}
}

// must is for what cannot fail since the same has been done before.
func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}
