package gcpkeys_test

import (
	"context"
	"log"
	"math/rand/v2"
	"time"

	secretmanager "cloud.google.com/go/secretmanager/apiv1"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/gcpkeys"
	"github.com/sealring/sealring/keyfile"
)

// A ring that follows a secret.
func Example() {
	ctx := context.Background()
	client, err := secretmanager.NewClient(ctx)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	source, err := gcpkeys.New(client, "projects/PROJECT/secrets/session-keys", nil)
	if err != nil {
		log.Fatal(err)
	}
	watcher, err := keyfile.NewWatcher(ctx, source, &keyfile.WatcherOptions{
		OnError: func(err error) { log.Print(err) }, // the ring stays as it is
	})
	if err != nil {
		log.Fatal(err)
	}
	defer watcher.Close()

	codec, err := sealring.NewCodec[string](watcher.Keyring(), "session", &sealring.Options{TTL: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	token, err := codec.Seal("user 123")
	if err != nil {
		log.Fatal(err)
	}
	log.Print(token)
}

// A message of Pub/Sub says that the secret has changed: look now, but not all nodes in the same moment.
func ExampleSource_Expire() {
	var source *gcpkeys.Source   // of New
	var watcher *keyfile.Watcher // of source

	onMessage := func(ctx context.Context) { // whatever the message says
		time.Sleep(rand.N(time.Minute))
		source.Expire()
		if err := watcher.Refresh(ctx); err != nil {
			log.Print(err)
		}
	}
	_ = onMessage // hand it to a subscription of this node alone
}
