// Command webapp is a small web application whose sessions are sealed: people sign in, see where else they are signed in,
// and sign out here, there or everywhere.
//
//	go run ./examples/webapp                                     # sessions and keys in memory
//	go run ./examples/webapp --ring ring.json                    # keys of a file, followed as they rotate
//	go run ./examples/webapp --ring ring.json --redis localhost:6379
//
// It speaks HTTP. A browser keeps a __Host- cookie only if it came over TLS or from this very machine, so a service like
// this one stands behind a proxy that has a certificate, and on http://localhost it works without.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/sealring/sealring/redisstore"
	"github.com/sealring/sealring/sessions"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	log := slog.New(slog.NewTextHandler(os.Stderr, nil))
	err := run(ctx, log, os.Args[1:])
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		log.Error("webapp ends", "err", err)
		os.Exit(1)
	}
}

// run serves until the context ends.
func run(ctx context.Context, log *slog.Logger, args []string) error {
	flags := flag.NewFlagSet("webapp", flag.ContinueOnError)
	listen := flags.String("listen", "localhost:8080", "`address` to serve on")
	redisAddr := flags.String("redis", "", "`address` of a Redis that keeps the sessions; without it, memory does")
	ringFile := flags.String("ring", "", "`file` of the ring document; without it, a key in memory")
	interval := flags.Duration("ring-interval", 30*time.Second, "time between two looks at that file")
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unknown argument %q", flags.Arg(0))
	}

	keys, err := openKeys(ctx, log, *ringFile, *interval)
	if err != nil {
		return err
	}
	defer keys.Close()
	var store sessions.Store = sessions.NewMemoryStore(nil)
	if *redisAddr != "" {
		client := redis.NewClient(&redis.Options{Addr: *redisAddr, ContextTimeoutEnabled: true, DialerRetries: 1})
		defer client.Close()
		if store, err = redisstore.New(client, nil); err != nil {
			return err
		}
		if *ringFile == "" {
			log.Warn("the key ends with this process, and the sessions in Redis with it: give a --ring, too")
		}
	}
	handler, err := newApp(keys, store, newUsers(passwordRounds), log)
	if err != nil {
		return err
	}
	return serve(ctx, log, *listen, handler)
}

// serve serves until the context ends, and then gives requests that are under way ten seconds.
func serve(ctx context.Context, log *slog.Logger, addr string, handler http.Handler) error {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	server := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		WriteTimeout:      20 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelWarn),
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	log.Info("webapp serves", "url", "http://"+listener.Addr().String())
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	log.Info("webapp shuts down")
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	return server.Shutdown(ctx)
}
