package sealring_test

import (
	"os"
	"strings"
	"testing"

	"github.com/sealring/sealring/internal/conformance"
	"github.com/sealring/sealring/vectors"
)

// The fewest cases that each file has: a file that lost some is a failure, not a success.
var vectorFiles = map[string]int{
	"envelope.json":     1000,
	"ring.json":         300,
	"itsdangerous.json": 1500,
	"django.json":       400,
	"flask.json":        300,
	"starlette.json":    200,
}

func TestVectors(t *testing.T) {
	for name, fewest := range vectorFiles {
		t.Run(name, func(t *testing.T) {
			data, err := vectors.Files.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			var differences strings.Builder
			report, err := conformance.Check(&differences, data)
			if err != nil {
				t.Fatal(err)
			}
			if report.Failed != 0 || report.Passed < fewest {
				t.Errorf("%d passed of at least %d, %d failed\n%s", report.Passed, fewest, report.Failed, &differences)
			}
		})
	}
	files, err := os.ReadDir("vectors")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name(), ".json") && vectorFiles[f.Name()] == 0 {
			t.Errorf("vectors/%s is checked by nothing", f.Name())
		}
	}
}
