package redisstore

import (
	"context"
	"errors"
	"fmt"
)

// failed returns the error of a method. It holds keys, which are hashes, where the server repeats them, and never a
// record.
func failed(ctx context.Context, doing string, err error) error {
	if over := ctx.Err(); over != nil && !errors.Is(err, over) {
		return fmt.Errorf("redisstore: %s: %w: %w", doing, over, err)
	}
	return fmt.Errorf("redisstore: %s: %w", doing, err)
}
