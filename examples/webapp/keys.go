package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
)

// keys are the ring that seals sessions, and what keeps it up to date.
type keys struct {
	ring    *sealring.Keyring
	watcher *keyfile.Watcher // nil for a ring in memory
}

// openKeys follows the ring document in a file, or makes a ring of one key in memory if there is no file.
func openKeys(ctx context.Context, log *slog.Logger, file string, interval time.Duration) (*keys, error) {
	if file == "" {
		ring, err := sealring.NewKeyring(sealring.GenerateKey())
		return &keys{ring: ring}, err
	}
	watcher, err := keyfile.NewWatcher(ctx, keyfile.File(file), &keyfile.WatcherOptions{
		Interval: interval,
		OnChange: func(s keyfile.Status) {
			log.Info("keys loaded", "generation", s.Generation, "keys", s.Keys, "primary", s.Primary)
		},
		OnError: func(err error) { log.Error("keys not loaded; those of before stay", "err", err) },
	})
	if err != nil {
		return nil, err
	}
	return &keys{ring: watcher.Keyring(), watcher: watcher}, nil
}

// observer hears of every session that is loaded: one with a key that the ring does not know makes for a look at the file,
// soon, as another node may have heard of that key earlier.
func (k *keys) observer() sealring.Observer {
	if k.watcher == nil {
		return nil
	}
	return k.watcher.Observer(nil)
}

// Close ends the following.
func (k *keys) Close() error {
	if k.watcher == nil {
		return nil
	}
	return k.watcher.Close()
}
