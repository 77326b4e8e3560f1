package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

type versionCommand struct{}

// Run says what the build knows of itself.
func (versionCommand) Run(env *environment) error {
	version, revision := "unknown", ""
	if info, ok := debug.ReadBuildInfo(); ok {
		version = info.Main.Version
		for _, setting := range info.Settings {
			if setting.Key == "vcs.revision" {
				revision = setting.Value
			}
		}
	}
	if env.json {
		return env.writeJSON(struct {
			Version  string `json:"version"`
			Revision string `json:"revision,omitempty"`
			Format   int    `json:"format"`
			Go       string `json:"go"`
		}{version, revision, 1, runtime.Version()})
	}
	if revision != "" {
		version += " " + revision
	}
	_, err := fmt.Fprintf(env.stdout, "sealring %s, envelope format 1, %s\n", version, runtime.Version())
	return err
}
