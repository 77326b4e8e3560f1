package redisstore_test

import (
	"context"
	"encoding/base64"
	"testing"
	"time"

	"github.com/sealring/sealring/redisstore"
)

// A call is a call of one method, which succeeds on a Redis that works.
type call struct {
	name   string
	writes bool // it changes something
	warm   bool
	do     func(context.Context, *redisstore.Store) error
}

// calls are calls of every method.
var calls = []call{
	{name: "load", do: func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Load(ctx, id(1))
		return err
	}},
	{name: "load many", do: func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Load(ctx, id(1), id(2), id(3))
		return err
	}},
	{name: "create", writes: true, do: func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Save(ctx, fresh(), 0, record(1), inAnHour())
		return err
	}},
	{name: "save", writes: true, do: func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Save(ctx, id(1), 1, record(2), inAnHour())
		return err
	}},
	{name: "delete", writes: true, do: func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Delete(ctx, id(1), record(1))
		return err
	}},
	{name: "delete whatever", writes: true, do: func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Delete(ctx, id(1), nil)
		return err
	}},
	{name: "enter", writes: true, do: func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Enter(ctx, id(2), id(1), time.Now(), inAnHour())
		return err
	}},
	{name: "list", do: func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.List(ctx, id(2))
		return err
	}},
	{name: "leave", writes: true, do: func(ctx context.Context, s *redisstore.Store) error {
		return s.Leave(ctx, id(2), id(1), id(3))
	}},
	{name: "revoke", writes: true, do: func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Revoke(ctx, id(2), time.Now(), inAnHour())
		return err
	}},
	{name: "revoked", do: func(ctx context.Context, s *redisstore.Store) error {
		_, err := s.Revoked(ctx, id(2))
		return err
	}},
}

// hash is how keys name an ID of a number.
func hash(n int) string {
	h := id(n)
	return base64.RawURLEncoding.EncodeToString(h[:])
}

func contextOver(t testing.TB) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx, cancel
}

func hashOf(id [32]byte) string { return base64.RawURLEncoding.EncodeToString(id[:]) }
