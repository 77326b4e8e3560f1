package keyfile_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/sealring/sealring/keyfile"
)

// newDocument returns a document of some generation with the keys of these numbers.
func newDocument(t testing.TB, generation int64, keys ...int) *keyfile.Document {
	t.Helper()
	d := &keyfile.Document{Generation: generation}
	for _, n := range keys {
		d.Keys = append(d.Keys, entry(t, n))
	}
	return d
}

func mustRead(t testing.TB, path string) *keyfile.Document {
	t.Helper()
	d, err := keyfile.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestUpdate(t *testing.T) {
	path := newFile(t, mustEncode(t, newDocument(t, 7, 1)))
	for _, test := range []struct {
		name   string
		change func(*keyfile.Document)
		want   *keyfile.Document
	}{
		{"another key", func(d *keyfile.Document) { d.Keys = append(d.Keys, entry(t, 2)) }, newDocument(t, 8, 1, 2)},
		{"a generation of its own", func(d *keyfile.Document) { d.Generation, d.Keys = 20, d.Keys[1:] }, newDocument(t, 20, 2)},
		{"a generation alone", func(d *keyfile.Document) { d.Generation++ }, newDocument(t, 21, 2)},
		{"nothing", func(*keyfile.Document) {}, newDocument(t, 21, 2)},
	} {
		before, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		err = keyfile.Update(path, func(d *keyfile.Document) error { test.change(d); return nil })
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
		sameContent(t, mustRead(t, path), test.want)
		after, err := os.Stat(path)
		if err != nil || os.SameFile(before, after) != (test.name == "nothing") {
			t.Errorf("%s: the same file: %v, %v", test.name, os.SameFile(before, after), err)
		}
		holdsOnly(t, path)
	}
}

// holdsOnly checks that nothing but the document is left in its folder, but for the lock where the system cannot remove it.
func holdsOnly(t *testing.T, path string) {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if name := e.Name(); name != filepath.Base(path) && !strings.HasSuffix(name, ".lock") {
			t.Errorf("%s is left behind", name)
		}
	}
}

func TestUpdateLeavesTheFile(t *testing.T) {
	errOurs := errors.New("changed my mind")
	old := mustEncode(t, newDocument(t, 7, 1))
	for _, test := range []struct {
		name, says string
		change     func(*keyfile.Document) error
	}{
		{"change fails", "changed my mind", func(d *keyfile.Document) error { d.Keys = nil; return errOurs }},
		{"generation lower", "generation 7 is on the disk, and this one is 6", func(d *keyfile.Document) error {
			d.Generation = 6
			return nil
		}},
		{"no keys", "no keys", func(d *keyfile.Document) error { d.Keys = nil; return nil }},
		{"no keys, higher", "no keys", func(d *keyfile.Document) error { d.Generation, d.Keys = 9, nil; return nil }},
		{"other secret", "key key-1 has had another secret", func(d *keyfile.Document) error {
			d.Keys[0].Secret = secret(t, 99)
			return nil
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := newFile(t, old)
			err := keyfile.Update(path, test.change)
			if err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("error %v, want it to say %q", err, test.says)
			}
			if errors.Is(err, errOurs) != (test.name == "change fails") {
				t.Errorf("error %v", err)
			}
			holds(t, path, old)
			holdsOnly(t, path)
		})
	}
	t.Run("change panics", func(t *testing.T) {
		path := newFile(t, old)
		func() {
			defer func() { recover() }()
			keyfile.Update(path, func(*keyfile.Document) error { panic("ours") })
		}()
		holds(t, path, old)
		if err := keyfile.Replace(path, newDocument(t, 8, 1)); err != nil {
			t.Errorf("the lock was kept: %v", err)
		}
	})
	t.Run("last generation", func(t *testing.T) {
		last := mustEncode(t, full(t))
		path := newFile(t, last)
		failsWith(t, keyfile.Update(path, func(d *keyfile.Document) error { d.Keys = d.Keys[:1]; return nil }), "9007199254740991")
		holds(t, path, last)
	})
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("the file is another, %v", err)
	}
}

func TestReplace(t *testing.T) {
	path := newFile(t, mustEncode(t, newDocument(t, 7, 1)))
	if err := keyfile.Replace(path, newDocument(t, 8, 1, 2)); err != nil {
		t.Fatal(err)
	}
	sameContent(t, mustRead(t, path), newDocument(t, 8, 1, 2))

	// Whoever has read generation 7 does not know of the second key.
	failsWith(t, keyfile.Replace(path, newDocument(t, 8, 1, 3)), "another writer's change would be lost", "Update")
	failsWith(t, keyfile.Replace(path, newDocument(t, 7, 1)), "another writer's change would be lost")
	sameContent(t, mustRead(t, path), newDocument(t, 8, 1, 2))
}

// What cannot be read has a generation that nobody knows.
func TestReplaceNeedsADocument(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "truncated": validText[:200], "garbage": "\x00\xff", "other program's": `{"keys":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			path := newFile(t, text)
			failsWith(t, keyfile.Replace(path, newDocument(t, 8, 1)), path)
			holds(t, path, text)
			holdsOnly(t, path)
		})
	}
	t.Run("nothing", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "ring.json")
		err := keyfile.Replace(path, newDocument(t, 8, 1))
		failsWith(t, err, path, "keys new")
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v, want fs.ErrNotExist", err)
		}
		holdsFiles(t, filepath.Dir(path))
	})
	t.Run("folder", func(t *testing.T) {
		failsWith(t, keyfile.Replace(t.TempDir(), newDocument(t, 8, 1)), "is not a file")
	})
	t.Run("document for a path", func(t *testing.T) {
		failsWith(t, keyfile.Replace(validText, newDocument(t, 8, 1)), "not a path")
	})
}

// Thirty writers add a key each, and none is lost; readers see whole documents all the while.
func TestUpdatesAreNotLost(t *testing.T) {
	path := newFile(t, mustEncode(t, newDocument(t, 1, 0)))
	const writers = 30
	var group sync.WaitGroup
	for n := range writers {
		e := entry(t, n+1)
		group.Go(func() {
			if err := keyfile.Update(path, func(d *keyfile.Document) error { d.Keys = append(d.Keys, e); return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	done := make(chan struct{})
	go func() { group.Wait(); close(done) }()
	for reading := true; reading; {
		select {
		case <-done:
			reading = false
		default:
			mustRead(t, path)
		}
	}
	d := mustRead(t, path)
	if d.Generation != writers+1 || len(d.Keys) != writers+1 {
		t.Errorf("generation %d with %d keys, want %d", d.Generation, len(d.Keys), writers+1)
	}
	holdsOnly(t, path)
}
