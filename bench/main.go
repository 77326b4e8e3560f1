// The command bench measures sealring beside the floor of the standard library and beside its peers, in paired rounds, and
// holds the ratios against bars. README.md says what the rows are.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
)

func main() {
	var o options
	flag.BoolVar(&o.quick, "quick", false, "one process of 100 rounds instead of three of 300")
	flag.BoolVar(&o.guard, "guard", false, "fail if a row is more than 25 % on the wrong side of its bar")
	flag.StringVar(&o.only, "only", "", "measure only the groups whose name contains `text`")
	flag.StringVar(&o.report, "report", "", "write RESULTS.md and its charts to `directory`")
	flag.StringVar(&o.child, "child", "", "measure once the groups named, by commas, and print JSON; bench calls itself with it")
	flag.IntVar(&o.rounds, "rounds", 0, "rounds of each process (default 300, with -quick 100)")
	flag.StringVar(&o.python, "python", ".venv/bin/python", "the Python that has itsdangerous, or empty")
	flag.Parse()
	if err := run(&o); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

type options struct {
	quick, guard                bool
	only, child, report, python string
	rounds                      int
}

func run(o *options) error {
	if o.rounds == 0 {
		o.rounds = 300
		if o.quick {
			o.rounds = 100
		}
	}
	if o.child != "" {
		return measureOnce(os.Stdout, strings.Split(o.child, ","), o)
	}
	processes := 3
	if o.quick {
		processes = 1
	}
	var leftOut error
	if o.python != "" {
		if leftOut = findPython(o.python); leftOut != nil {
			o.python = ""
		}
	}
	chosen := o.chosen()
	if len(chosen) == 0 {
		return fmt.Errorf("no group has %q in its name; there are %s", o.only, strings.Join((&options{}).chosen(), ", "))
	}
	load := loadAverage()
	results, err := measure(chosen, processes, o, os.Stderr)
	if err != nil {
		return err
	}
	if leftOut != nil {
		fmt.Printf("# the rows of itsdangerous are left out: %v\n", leftOut)
	}
	worse := printRatios(os.Stdout, results)
	if o.report != "" {
		run := fmt.Sprintf("%d processes for each group, each of %d rounds, or of %d longer ones for growth by size",
			processes, o.rounds, max(1, o.rounds/growthSlots))
		if err := writeReport(o.report, results, thisMachine(run, load)); err != nil {
			return err
		}
	}
	if o.guard && len(worse) > 0 {
		return fmt.Errorf("more than %.0f %% on the wrong side of their bar: %s", 100*guardExcess, strings.Join(worse, ", "))
	}
	return nil
}
