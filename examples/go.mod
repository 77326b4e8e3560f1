module github.com/sealring/sealring/examples

go 1.26.0

require (
	github.com/redis/go-redis/v9 v9.23.0
	github.com/sealring/sealring v0.0.0
	github.com/sealring/sealring/redisstore v0.0.0
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/vmihailenco/msgpack/v5 v5.4.1 // indirect
	github.com/vmihailenco/tagparser/v2 v2.0.0 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/crypto v0.58.0 // indirect
	golang.org/x/sys v0.49.0 // indirect
)
