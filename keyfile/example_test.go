package keyfile_test

import (
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
