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

// Run checks the files. The last line of stdout is the count, alone, whatever failed. Of several files each line before it
// says which one it is about.
func (c *vectorsCheckCommand) Run(env *environment) error {
	passed, failed := 0, 0
	for _, file := range c.Files {
		data, err := readVectors(file)
		if err != nil {
			return err
		}
		report, err := conformance.CheckEach(data, func(name string, differs error) {
			line := fmt.Sprintf("%s: %v", name, differs)
			if len(c.Files) > 1 {
				line = file + ": " + line
			}
			env.tell(line, vectorLine{File: file, Name: name, Differs: differs.Error()})
		})
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		if report.Passed+report.Failed == 0 {
			env.tell(file+": no cases", vectorNote{File: file, Note: "no cases"})
		}
		passed += report.Passed
		failed += report.Failed
	}
	err := env.tell(fmt.Sprintf("%d passed, %d failed", passed, failed), struct {
		Passed int `json:"passed"`
		Failed int `json:"failed"`
	}{passed, failed})
	if err != nil {
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

// A vectorLine is a case that differs, for programs.
type vectorLine struct {
	File    string `json:"file"`
	Name    string `json:"name"`
	Differs string `json:"differs"`
}

// A vectorNote is what else there is to say of a file, for programs.
type vectorNote struct {
	File string `json:"file"`
	Note string `json:"note"`
}

// tell writes a line for people, or a value as a line of JSON.
func (env *environment) tell(line string, value any) error {
	if env.json {
		return env.writeJSON(value)
	}
	_, err := fmt.Fprintln(env.stdout, line)
	return err
}
