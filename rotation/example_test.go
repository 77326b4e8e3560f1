package rotation_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

// examplePolicy is one for sessions of two weeks, with keys that change every month.
var examplePolicy = rotation.Policy{
	RotateEvery:   30 * 24 * time.Hour,
	Reload:        time.Minute,
	FailedReloads: 4,
	Lifetime:      14 * 24 * time.Hour,
	Skew:          10 * time.Second,
	RunEvery:      24 * time.Hour,
}

// exampleKeys takes the place of sealring.GenerateKey, so that the examples print the same every time.
func exampleKeys() func() sealring.Key {
	n := 0
	return func() sealring.Key {
		n++
		secret := sha256.Sum256(fmt.Append(nil, "an example", n))
		s, err := sealring.NewSecret(secret[:])
		if err != nil {
			panic(err)
		}
		return sealring.Key{ID: fmt.Sprint("key-", n), Secret: s}
	}
}

// A program that runs once a day plans the keys: here it has run for two months.
func Example() {
	newKey := exampleKeys()
	var document *keyfile.Document
	for now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC); now.Month() < time.March; now = now.AddDate(0, 0, 1) {
		next, changes, err := rotation.Next(document, examplePolicy, now, newKey)
		if err != nil {
			panic(err)
		}
		for _, change := range changes {
			fmt.Println(now.Format(time.DateOnly), change.Text)
		}
		document = next // a real program writes it with package keyfile
	}
	// Output:
	// 2026-01-01 key key-1 is new, and seals at once: there is no other that does
	// 2026-01-30 key key-2 is new, and seals from 2026-01-31T00:00:00.000Z
	// 2026-02-01 key key-1 no longer seals, and opens until 2026-02-14T00:00:20.000Z
	// 2026-02-15 key key-1 no longer opens, and is removed
}

func ExampleCheck() {
	created := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	newKey := exampleKeys()
	hasty := newKey()
	hasty.SealFrom = created.AddDate(0, 0, 20) // at once
	document := &keyfile.Document{Generation: 2, Keys: []keyfile.Entry{
		{Key: newKey(), Created: created},
		{Key: hasty, Created: hasty.SealFrom},
	}}
	for _, finding := range rotation.Check(document, examplePolicy, hasty.SealFrom) {
		fmt.Println(finding.Severity, finding.Code, finding.KeyID)
		fmt.Println(finding.Text)
	}
	// Output:
	// failing seals-early key-1
	// key key-1 seals from 2026-01-21T00:00:00.000Z, and until 2026-01-21T00:05:10.000Z nodes may not know it and refuse its tokens: let SealFrom be Propagation + Skew later than Created
}

func ExampleRevoke() {
	newKey := exampleKeys()
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	document, _, err := rotation.Next(nil, examplePolicy, now, newKey)
	if err != nil {
		panic(err)
	}

	now = now.AddDate(0, 0, 9)
	revoked, consequences, err := rotation.Revoke(document, "key-1", now)
	if err != nil {
		panic(err)
	}
	for _, c := range consequences {
		fmt.Printf("%s %q\n", c.Effect, c.KeyID)
	}
	// Once somebody has agreed to these, on to a document that has a primary key:
	_, changes, err := rotation.Next(revoked, examplePolicy, now, newKey)
	if err != nil {
		panic(err)
	}
	fmt.Println(changes[0].Text)
	// Output:
	// tokens-refused "key-1"
	// until-reload "key-1"
	// sealing-fails ""
	// key key-2 is new, and seals at once: there is no other that does
}

func ExampleTimeline() {
	newKey := exampleKeys()
	var document *keyfile.Document
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for ; now.Month() < time.April; now = now.AddDate(0, 0, 1) {
		document, _, _ = rotation.Next(document, examplePolicy, now, newKey)
	}
	fmt.Print(rotation.Timeline(document, now).Text(72))
	// Output:
	// key    state     2026-03-01                                   2026-04-02
	// key-3  opening   ..##################################################===
	// key-4  primary                                                      .###
	//                                                                      ^ now, 2026-04-01T00:00:00Z
	// . staged  # seals  = opens  x disabled
}

func ExampleSimulation() {
	report, err := rotation.Simulation{Policy: examplePolicy, Nodes: 100, Seed: 1}.Run()
	if err != nil {
		panic(err)
	}
	fmt.Println(report.Summary())
	// Output:
	// 1 policy, 100 nodes, 3 years: 109 documents, 5286 sealed (0 failed), 157413 opened (0 refused)
}

func ExampleChange() {
	_, changes, err := rotation.Next(nil, examplePolicy, time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), exampleKeys())
	if err != nil {
		panic(err)
	}
	json.NewEncoder(os.Stdout).Encode(changes)
	// Output:
	// [{"action":"staged","key_id":"key-1","text":"key key-1 is new, and seals at once: there is no other that does"}]
}
