// Package vectors holds the test vectors that every implementation of sealring reads, whatever its language. README.md
// beside them tells the schema.
package vectors

import "embed"

// Files holds one JSON file for each kind of vector.
//
//go:embed *.json
var Files embed.FS
