package keyfile_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

func Example() {
	folder, err := os.MkdirTemp("", "sealring")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "ring.json")

	// Once, where the keys are made:
	first := keyfile.Entry{Key: sealring.GenerateKey(), Created: time.Now(), Comment: "the first"}
	first.ID = "2026-01"
	err = keyfile.Create(path, &keyfile.Document{Generation: 1, Keys: []keyfile.Entry{first}})
	if err != nil {
		panic(err)
	}

	// In every program that seals and opens:
	document, err := keyfile.Read(path)
	if err != nil {
		panic(err)
	}
	ring, err := sealring.NewKeyring(document.SealringKeys()...)
	if err != nil {
		panic(err)
	}
	fmt.Println(ring)
	fmt.Printf("%+v\n", *document)
	// Output:
	// keyring(2026-01)
	// {Generation:1 Keys:[2026-01]}
}

// A service that never restarts for its keys. What rotates them is another program, as from cron.
func ExampleWatcher() {
	folder, err := os.MkdirTemp("", "sealring")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "ring.json")
	now := time.Now()
	first := keyfile.Entry{Key: sealring.GenerateKey(), Created: now}
	first.ID = "2026-01"
	if err := keyfile.Create(path, &keyfile.Document{Generation: 1, Keys: []keyfile.Entry{first}}); err != nil {
		panic(err)
	}

	// The service: one Watcher, and codecs of its ring.
	watcher, err := keyfile.NewWatcher(context.Background(), keyfile.File(path), &keyfile.WatcherOptions{
		MinInterval: time.Millisecond,
		OnChange:    func(s keyfile.Status) { fmt.Println("generation", s.Generation, "with primary", s.Primary) },
		OnError:     func(err error) { fmt.Println(err) },
	})
	if err != nil {
		panic(err)
	}
	defer watcher.Close()
	var usage keyfile.Usage
	codec, err := sealring.NewCodec[string](watcher.Keyring(), "session", &sealring.Options{
		TTL: time.Hour, Observer: watcher.Observer(&usage),
	})
	if err != nil {
		panic(err)
	}
	token, err := codec.Seal("anna")
	if err != nil {
		panic(err)
	}

	// The other program stages a key, which is to seal tomorrow.
	err = keyfile.Update(path, func(d *keyfile.Document) error {
		second := keyfile.Entry{Key: sealring.GenerateKey(), Created: now}
		second.ID, second.SealFrom = "2026-02", now.Add(24*time.Hour)
		d.Keys = append(d.Keys, second)
		return nil
	})
	if err != nil {
		panic(err)
	}

	// The service would find it within 30 seconds. One that is told of it need not wait.
	if err := watcher.Refresh(context.Background()); err != nil {
		panic(err)
	}
	fmt.Println(watcher.Keyring())
	name, err := codec.Open(token)
	fmt.Println(name, err, usage.Count("2026-01", nil))
	// Output:
	// generation 1 with primary 2026-01
	// generation 2 with primary 2026-01
	// keyring(2026-01 2026-02)
	// anna <nil> 1
}

// The generation on the disk tells Replace that somebody else was there in between.
func ExampleReplace() {
	folder, err := os.MkdirTemp("", "sealring")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "ring.json")
	e := keyfile.Entry{Key: sealring.GenerateKey(), Created: time.Now()}
	d := &keyfile.Document{Generation: 1, Keys: []keyfile.Entry{e}}
	if err := keyfile.Create(path, d); err != nil {
		panic(err)
	}

	d.Generation = 2
	fmt.Println(keyfile.Replace(path, d))
	d.Keys[0].Comment = "this would undo what generation 2 did"
	fmt.Println(keyfile.Replace(path, d))
	// Output:
	// <nil>
	// sealring: keyring refused: generation 2 is on the disk, and this one is 2: another writer's change would be lost; read the document again and change that, or use Update
}

// Keys that no token uses any more can go.
func ExampleUsage() {
	ring, err := sealring.NewKeyring(sealring.GenerateKey())
	if err != nil {
		panic(err)
	}
	usage := &keyfile.Usage{Now: func() time.Time { return time.Date(2026, 2, 3, 4, 5, 6, 0, time.UTC) }}
	codec, err := sealring.NewCodec[string](ring, "session", &sealring.Options{TTL: time.Hour, Observer: usage})
	if err != nil {
		panic(err)
	}
	codec.Open("sr1_junk")
	fmt.Println(usage) // expvar.Publish("sealring", usage) shows it in /debug/vars

	usage.Opened(sealring.Opening{KeyID: "2026-01"}) // as the codec does for a token under that key
	fmt.Println(usage.LastUsed("2026-01"))
	fmt.Println(usage)
	// Output:
	// {"keys":{},"no_key":{"malformed":1}}
	// 2026-02-03 04:05:06 +0000 UTC
	// {"keys":{"2026-01":{"last_used":"2026-02-03T04:05:06.000Z","opened":1}},"no_key":{"malformed":1}}
}
