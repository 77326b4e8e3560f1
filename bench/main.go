// The command bench measures sealring beside the floor and its peers, in paired rounds, and holds the ratios against bars.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/sealring/sealring/bench/internal/paired"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// A result is a row and its number, the median of those of all processes.
type result struct {
	Name  string
	Size  int
	Value float64
	Bar   string
	OK    bool

	excess float64
}

func run() error {
	quick := flag.Bool("quick", false, "one process of fewer rounds")
	guard := flag.Bool("guard", false, "fail if a row is more than 25 % on the wrong side of its bar")
	child := flag.Bool("child", false, "measure once and print JSON")
	rounds := flag.Int("rounds", 0, "rounds of each process")
	only := flag.String("only", "", "groups whose name contains this")
	flag.Parse()
	_ = guard
	_ = child
	_ = json.Marshal
	_ = exec.Command
	n := 300
	if *quick {
		n = 100
	}
	if *rounds != 0 {
		n = *rounds
	}
	type named struct {
		name string
		make func() (*group, error)
	}
	var groups []named
	for _, size := range sizes {
		groups = append(groups, named{fmt.Sprintf("envelope-%d", size), func() (*group, error) { return envelopeGroup(size) }})
	}
	groups = append(groups, named{"keyring", keyringGroup}, named{"reject", rejectGroup}, named{"scaling", scalingGroup}, named{"value", valueGroup})
	for _, ng := range groups {
		if !strings.Contains(ng.name, *only) {
			continue
		}
		g, err := ng.make()
		if err != nil {
			return err
		}
		samples, err := paired.Meter{Rounds: n}.Measure(g.candidates)
		if err != nil {
			return err
		}
		for _, r := range g.rows {
			v := r.measure(samples)
			state := "ok"
			if r.bar.excess(v) > 0 {
				state = "SHORT"
			}
			fmt.Printf("ratio %-42s %6d %6.2f %8v %s\n", r.name, r.size, v, r.bar, state)
		}
		if os.Getenv("NS") != "" {
			for _, c := range g.candidates {
				fmt.Printf("   %-25s %8.0f ns\n", c.Name, samples.PerCall(c.Name))
			}
		}
	}
	return nil
}
