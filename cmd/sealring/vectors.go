package main

import (
	"fmt"
	"os"

	"github.com/sealring/sealring/internal/conformance"
)

type vectorsCommand struct {
	Check vectorsCheckCommand `cmd:"" help:"Check vector files and print each case that differs."`
}

type vectorsCheckCommand struct {
	Files []string `arg:"" name:"file" help:"Vector files, of the schema sealring/vectors/1."`
}

// maxVectors is how many bytes a vector file may have: twenty times what the largest has.
const maxVectors = 32 << 20

// Run checks the files. The last line of stdout is the count, alone, whatever failed.
func (c *vectorsCheckCommand) Run(env *environment) error {
	passed, failed := 0, 0
	for _, file := range c.Files {
		data, err := readVectors(file)
		if err != nil {
			return err
		}
		report, err := conformance.Check(env.stdout, data)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if report.Skipped {
			fmt.Fprintf(env.stdout, "%s: skipped, vectors of kind %s are not checked here\n", file, report.Kind)
		}
		passed += report.Passed
		failed += report.Failed
	}
	if _, err := fmt.Fprintf(env.stdout, "%d passed, %d failed\n", passed, failed); err != nil {
		return err
	}
	if failed > 0 || passed == 0 {
		return errShown
	}
	return nil
}

func readVectors(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	data, err := read(f, maxVectors)
	if err == nil && len(data) > maxVectors {
		err = fmt.Errorf("%s: more than %d bytes, so no vector file", file, maxVectors)
	}
	return data, err
}
