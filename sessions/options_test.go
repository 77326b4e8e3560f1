package sessions_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/sessions"
)

func TestConfig(t *testing.T) {
	ring, store := mustRing(t), sessions.NewMemoryStore(nil)
	for name, options := range map[string]*sessions.Options{
		"negative idle":        {Idle: -time.Hour},
		"fraction":             {Idle: time.Millisecond + 1},
		"fraction of absolute": {Idle: time.Hour, Absolute: time.Hour + 1},
		"absolute below idle":  {Idle: time.Hour, Absolute: time.Minute},
		"small record":         {MaxRecord: 255},
		"negative absolute":    {Absolute: -time.Hour},
		"raw":                  {Content: sealring.Raw},
		"unknown content":      {Content: 9},
		"negative record":      {MaxRecord: -1},
		"huge record":          {MaxRecord: 1<<30 + 1},
		"purpose":              {Purpose: "caf\u00e9"},
		"long purpose":         {Purpose: strings.Repeat("x", 256)},
	} {
		_, err := sessions.New[cart](ring, store, options)
		if err == nil {
			t.Fatalf("%s is accepted", name)
		}
		failsWith(t, err, sessions.ErrConfig)
		if !errors.Is(err, sealring.ErrConfig) {
			t.Errorf("%s: %v is no ErrConfig of package sealring", name, err)
		}
		_, err = sessions.NewStoreless[cart](ring, options, nil)
		failsWith(t, err, sessions.ErrConfig)
	}
	_, err := sessions.New[cart](nil, store, nil)
	failsWith(t, err, sessions.ErrConfig)
	_, err = sessions.New[cart](ring, nil, nil)
	failsWith(t, err, sessions.ErrConfig)
	_, err = sessions.New[error](ring, store, nil)
	failsWith(t, err, sessions.ErrConfig)
	for _, options := range []*sessions.Options{
		nil, {}, {Idle: 30 * 24 * time.Hour}, {Absolute: time.Hour}, {Idle: time.Hour, Absolute: time.Hour}, {MaxRecord: 10 << 20},
	} {
		_, err := sessions.New[cart](ring, store, options)
		must(t, err)
	}
	if _, err := sessions.New[cart](ring, store, new(sessions.Options)); err != nil {
		t.Error(err)
	}
}

func TestWebConfig(t *testing.T) {
	m, err := sessions.New[cart](mustRing(t), sessions.NewMemoryStore(nil), nil)
	must(t, err)
	for name, options := range map[string]*sessions.WebOptions{
		"host prefix without TLS":   {Name: "__Host-s", Insecure: true},
		"secure prefix without TLS": {Name: "__SECURE-s", Insecure: true},
		"none without TLS":          {SameSite: http.SameSiteNoneMode, Insecure: true},
		"same site default":         {SameSite: http.SameSiteDefaultMode},
		"same site 9":               {SameSite: 9},
		"name":                      {Name: "a b"},
		"name with a line feed":     {Name: "a\n"},
		"name with =":               {Name: "a=b"},
		"long name":                 {Name: strings.Repeat("x", 65)},
	} {
		_, err := sessions.NewWeb(m, options)
		if err == nil {
			t.Fatalf("%s is accepted", name)
		}
		failsWith(t, err, sessions.ErrConfig)
		_, err = sessions.NewStoreless[cart](mustRing(t), nil, options)
		failsWith(t, err, sessions.ErrConfig)
	}
	_, err = sessions.NewWeb[cart](nil, nil)
	failsWith(t, err, sessions.ErrConfig)
	_, err = sessions.NewStoreless[cart](nil, nil, nil)
	failsWith(t, err, sessions.ErrConfig)
}

// Content of MessagePack is written and read.
func TestMessagePack(t *testing.T) {
	w := newWorld(t, &sessions.Options{Content: sealring.MessagePack})
	s := w.New(cart{})
	must(t, w.SignIn(w.ctx, s, "\xff\x00", "Firefox", cart{[]string{"a"}, 5}))
	got := w.loads(t, s.ID())
	if got.Subject() != "\xff\x00" || got.Label() != "Firefox" || got.Value().N != 5 || !got.Ends().Equal(s.Ends()) {
		t.Errorf("it came back as %q, %q, %v", got.Subject(), got.Label(), got.Value())
	}
}

// openings hears of records.
type openings []sealring.Opening

func (o *openings) Opened(e sealring.Opening) { *o = append(*o, e) }

// Who looks after keys hears of every record.
func TestOpenings(t *testing.T) {
	heard := new(openings)
	w := newWorld(t, &sessions.Options{Openings: heard})
	s := w.create(t)
	w.loads(t, s.ID())
	w.plant(t, s.ID(), append(w.record(t, s.ID()), 0))
	w.dead(t, s.ID())
	w.log.one(t)
	if len(*heard) != 2 || (*heard)[0].Class != nil || (*heard)[0].KeyID == "" || !errors.Is((*heard)[1].Class, sealring.ErrBadSignature) {
		t.Errorf("heard %+v", *heard)
	}
}

// Of the two lifetimes, the one that is not given goes along with the one that is.
func TestDefaultLifetimes(t *testing.T) {
	const day = 24 * time.Hour
	for _, test := range []struct {
		given          sessions.Options
		idle, absolute time.Duration
	}{
		{sessions.Options{}, 12 * time.Hour, 7 * day},
		{sessions.Options{Idle: time.Hour}, time.Hour, 7 * day},
		{sessions.Options{Idle: 30 * day}, 30 * day, 30 * day},
		{sessions.Options{Absolute: time.Hour}, time.Hour, time.Hour},
		{sessions.Options{Absolute: 30 * day}, 12 * time.Hour, 30 * day},
	} {
		w := newWorld(t, &test.given)
		s := w.create(t)
		if got := s.Ends().Sub(s.Created()); got != test.absolute {
			t.Errorf("%+v: absolute %v, want %v", test.given, got, test.absolute)
		}
		w.clock.pass(test.idle - time.Millisecond)
		w.loads(t, s.ID())
		w.clock.pass(time.Millisecond)
		w.dead(t, s.ID())
	}
}

// A limit has the name that it has here, and a store in memory shows nothing of what is in it.
func TestNamesOfLimitsAndStores(t *testing.T) {
	w := newWorld(t, &sessions.Options{MaxRecord: 512})
	_, err := w.Create(w.ctx, cart{Items: []string{strings.Repeat("x", 1000)}})
	failsWith(t, err, sessions.ErrSeal)
	if !errors.Is(err, sealring.ErrTooLarge) || !strings.Contains(err.Error(), "Options.MaxRecord") {
		t.Errorf("error %v", err)
	}
	store := sessions.NewMemoryStore(nil)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s"} {
		if got := fmt.Sprintf(verb, store); got != "sessions in memory(0)" {
			t.Errorf("%s: %s", verb, got)
		}
	}
}
