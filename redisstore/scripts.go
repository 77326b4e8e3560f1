package redisstore

import (
	"context"

	"github.com/redis/go-redis/v9"
)

// The scripts. Each works on keys of one slot, and but for listScript, which returns all that is listed, bounds what it
// does in one call: the server does nothing else meanwhile. A script that fails may have cleaned a listing, but has not
// done what it is for: nothing after the first write can fail but for a permission that the README grants.

// replaceScript puts a record in the place of one of another version. It has the version, the record and the expiry.
var replaceScript = redis.NewScript(`
if redis.call('GETRANGE', KEYS[1], 0, 7) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
return 1
`)

// deleteScript deletes a record. It has 1 for whatever there is, otherwise 0, the record, the offset of the last byte
// that is compared, and 1 if there must be something for replicas to acknowledge: WAIT waits for what was written on
// its own connection, and a delete that finds nothing writes nothing, although the one that came before it may be on no
// replica yet.
var deleteScript = redis.NewScript(`#!lua flags=allow-oom
if ARGV[1] == '0' and redis.call('GETRANGE', KEYS[1], 0, ARGV[3]) ~= ARGV[2] then
  if ARGV[4] == '0' or redis.call('EXISTS', KEYS[1]) == 1 then
    return 0
  end
end
local deleted = redis.call('DEL', KEYS[1])
if deleted == 0 and ARGV[4] == '1' then
  redis.call('SET', KEYS[1], '', 'PX', 60000)
  redis.call('DEL', KEYS[1])
end
return deleted
`)

// notAMoment is the answer of a script that finds another thing where a moment must be.
const notAMoment = `what says when sessions are revoked is not a moment`

// Parts of scripts: the server's clock in milliseconds; the moment at a key, 0 if there is none; and, of a listing, the
// removal of sessions that have expired.
const (
	nowPart = `
local function now()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end
`
	momentPart = `
local function moment(key)
  local text = redis.call('GET', key)
  if not text then
    return 0
  end
  if not string.find(text, '^[1-9]%d*$') or #text > 15 then
    error({err = 'ERR ` + notAMoment + `'})
  end
  return tonumber(text)
end
`
	cleanPart = `
local function clean(key)
  local gone = redis.call('ZRANGE', key, 1, now(), 'BYSCORE', 'LIMIT', 0, 100)
  for _, id in ipairs(gone) do
    redis.call('ZREM', key, id, '-' .. id)
  end
end
`
)

// enterScript lists a session. It has its two members, when it is to begin and when it expires. One that is listed, as where
// the command comes again, is not carried past a revocation. INCR by 0 is ZSCORE for a user who may not do that.
var enterScript = redis.NewScript(nowPart + momentPart + cleanPart + `
local begins, expires, after = tonumber(ARGV[3]), tonumber(ARGV[4]), moment(KEYS[2]) + 1
clean(KEYS[1])
local listed = redis.call('ZADD', KEYS[1], 'XX', 'INCR', 0, ARGV[1])
local began = redis.call('ZADD', KEYS[1], 'XX', 'INCR', 0, ARGV[2])
if listed and began and tonumber(listed) > now() and tonumber(began) > -1e15 then
  after = math.ceil(-tonumber(began))
end
begins = math.max(begins, after)
if expires <= now() then
  redis.call('ZREM', KEYS[1], ARGV[1], ARGV[2])
  return begins
end
local lasts = redis.call('PEXPIRETIME', KEYS[1])
redis.call('ZADD', KEYS[1], expires, ARGV[1], -begins, ARGV[2])
if lasts < expires then
  redis.call('PEXPIREAT', KEYS[1], expires)
end
return begins
`)

// listScript returns the sessions of a listing.
var listScript = redis.NewScript(nowPart + `
return redis.call('ZRANGE', KEYS[1], string.format('(%.0f', now()), '+inf', 'BYSCORE')
`)

// revokeScript revokes sessions. It has the moment and its expiry. The session that began last has the lowest score.
// allow-oom is for that one small key: who logs out everywhere has a reason.
var revokeScript = redis.NewScript(`#!lua flags=allow-oom` + nowPart + momentPart + cleanPart + `
local before, expires = math.max(tonumber(ARGV[1]), moment(KEYS[1])), tonumber(ARGV[2])
clean(KEYS[2])
local last = redis.call('ZRANGE', KEYS[2], 0, 0, 'WITHSCORES')
if last[2] then
  local begins = math.ceil(-tonumber(last[2])) -- whole, unless another hand has written it
  if begins >= 1e15 then
    error({err = 'ERR ` + notAMoment + `'})
  end
  before = math.max(before, begins)
end
expires = math.max(expires, redis.call('PEXPIRETIME', KEYS[1]))
redis.call('SET', KEYS[1], string.format('%.0f', before), 'PXAT', expires)
return before
`)

// run runs a script that answers with a number.
func (s *Store) run(ctx context.Context, script *redis.Script, keys []string, args ...any) (int64, error) {
	return script.Run(ctx, s.client, keys, args...).Int64()
}
