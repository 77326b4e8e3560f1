package sessions_test

import (
	"context"
	"time"

	"github.com/sealring/sealring/sessions"
)

// A repeater is a store whose client sends each Save twice, as after a connection was lost, and hears the second answer.
type repeater struct{ sessions.Store }

func (r *repeater) Save(ctx context.Context, id [32]byte, version uint64, record []byte, expires time.Time) (bool, error) {
	r.Store.Save(ctx, id, version, record, expires)
	return r.Store.Save(ctx, id, version, record, expires)
}
