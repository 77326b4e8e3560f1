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

// A ring that follows a secret. A watcher of keyfile does the same and more.
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

	ring := new(sealring.Keyring)
	reload := func() error {
		text, err := source.Load(ctx)
		if err != nil {
			return err
		}
		document, err := keyfile.Parse(text)
		if err != nil {
			return err
		}
		return ring.Replace(document.SealringKeys()...)
	}
	if err := reload(); err != nil {
		log.Fatal(err)
	}
	go func() {
		for range time.Tick(30 * time.Second) {
			if err := reload(); err != nil {
				log.Print(err) // the ring stays as it is
			}
		}
	}()

	codec, err := sealring.NewCodec[string](ring, "session", &sealring.Options{TTL: time.Hour})
	if err != nil {
		log.Fatal(err)
	}
	token, err := codec.Seal("user 123")
	if err != nil {
		log.Fatal(err)
	}
	log.Print(token)
}

// A message of Pub/Sub that the secret has changed: look now, but not all nodes in the same moment.
func ExampleSource_Expire() {
	var source *gcpkeys.Source // of New
	var reload func()          // as in the example of the package

	onMessage := func(context.Context) { // whatever the message says
		time.Sleep(rand.N(time.Minute))
		source.Expire()
		reload()
	}
	_ = onMessage // hand it to a subscription of this node alone
}
