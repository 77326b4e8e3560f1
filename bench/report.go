package main

import (
	"bufio"
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
)

// A machine is where a report was made, and with what. It has no name and no path of it.
type machine struct {
	cpu      string
	cores    int
	platform string
	goTool   string
	modules  [][2]string // path and version
	run      string      // how often it was measured
	load     string      // how busy it was with other things before that; empty if not known
}

// reported are the modules whose versions stand in the report.
var reported = []string{
	"aidanwoods.dev/go-paseto", "github.com/alexedwards/scs/v2", "github.com/fernet/fernet-go", "github.com/go-jose/go-jose/v4",
	"github.com/golang-jwt/jwt/v5", "github.com/gorilla/securecookie", "github.com/lestrrat-go/jwx/v3",
	"github.com/tink-crypto/tink-go/v2", "github.com/vmihailenco/msgpack/v5", "golang.org/x/crypto",
}

func thisMachine(run, load string) *machine {
	m := &machine{cpu: cpuModel(), cores: runtime.NumCPU(), platform: runtime.GOOS + "/" + runtime.GOARCH,
		goTool: runtime.Version(), run: run, load: load}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return m
	}
	for _, s := range info.Settings {
		if s.Key == "GOAMD64" || s.Key == "GOARM64" {
			m.platform += ", " + s.Key + "=" + s.Value
		}
	}
	for _, dep := range info.Deps {
		if slices.Contains(reported, dep.Path) {
			m.modules = append(m.modules, [2]string{dep.Path, dep.Version})
		}
	}
	return m
}

// loadAverage is how many processes wanted a core in the last minute, as Linux counts it.
func loadAverage() string {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return ""
	}
	load, _, _ := strings.Cut(string(b), " ")
	return load
}

// cpuModel is what Linux calls the processor; elsewhere the report does without.
func cpuModel() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return "not known"
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if name, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return "not known"
}

func (m *measured) candidate(group, name string) *measuredCandidate {
	i := slices.IndexFunc(m.Candidates, func(c measuredCandidate) bool { return c.Group == group && c.Name == name })
	if i < 0 {
		return nil
	}
	return &m.Candidates[i]
}

func (m *measured) seriesOf(chart, name string) *measuredSeries {
	i := slices.IndexFunc(m.Series, func(s measuredSeries) bool { return s.Chart == chart && s.Name == name })
	if i < 0 {
		return nil
	}
	return &m.Series[i]
}

// writeReport writes RESULTS.md and the charts that it shows.
func writeReport(directory string, m *measured, on *machine) error {
	drawn := map[string]bool{}
	for i := range peerCharts {
		ok, err := peerCharts[i].write(directory, m)
		if err != nil {
			return err
		}
		drawn[peerCharts[i].file] = ok
	}
	for i := range lineCharts {
		ok, err := lineCharts[i].write(directory, m)
		if err != nil {
			return err
		}
		drawn[lineCharts[i].file] = ok
	}
	r := &report{m: m, on: on, drawn: drawn}
	r.write()
	return os.WriteFile(filepath.Join(directory, "RESULTS.md"), r.out.Bytes(), 0o644)
}

// A report is RESULTS.md in the making.
type report struct {
	m     *measured
	on    *machine
	drawn map[string]bool
	out   bytes.Buffer
}

func (r *report) write() {
	r.say("# Results\n\nWritten by `make bench-report`; [README.md](README.md) says what the rows mean and how to read them.\n")
	r.writeMachine()
	r.writeRatios()
	r.say("\n## Against peers\n\nTimes are medians of one call, not paired; the ratios above are. What a peer does less or more " +
		"than an envelope is in the table.\n")
	r.show("peers-signed.svg", "Sealing and opening 256 signed bytes with sealring and its peers")
	r.show("peers-encrypted.svg", "Sealing and opening 256 encrypted bytes with sealring and its peers")
	r.show("peers-values.svg", "Sealing and opening a session with sealring and its peers")
	for _, group := range []string{fmt.Sprintf("peers-%d", peerSize), "peers-value", "peers-python"} {
		r.writeCandidates(group)
	}
	r.writePeerSizes()
	r.writeGrowth()
	r.writeMemory()
	r.writeRest()
}

func (r *report) say(format string, args ...any) { fmt.Fprintf(&r.out, format, args...) }

func (r *report) show(file, alt string) {
	if r.drawn[file] {
		r.say("\n![%s](%s)\n", alt, file)
	}
}

// table writes a table. Its first column, and those of words, stand at the left.
func (r *report) table(head []string, rows [][]string) {
	r.say("\n| %s |\n|", strings.Join(head, " | "))
	for i, name := range head {
		if i == 0 || slices.Contains([]string{"note", "version", "state"}, name) {
			r.say("---|")
		} else {
			r.say("--:|")
		}
	}
	r.say("\n")
	for _, row := range rows {
		r.say("| %s |\n", strings.Join(row, " | "))
	}
}

func (r *report) writeMachine() {
	rows := [][]string{
		{"processor", fmt.Sprintf("%s, %d cores", r.on.cpu, r.on.cores)},
		{"platform", r.on.platform},
		{"Go", strings.TrimPrefix(r.on.goTool, "go")},
		{"measured", r.on.run},
	}
	if r.on.load != "" {
		rows = append(rows, []string{"load before", r.on.load})
	}
	if r.m.Python != "" {
		rows = append(rows, []string{"Python", r.m.Python})
	}
	for _, module := range r.on.modules {
		rows = append(rows, []string{module[0], module[1]})
	}
	r.table([]string{"", "version"}, rows)
}

func (r *report) writeRatios() {
	r.say("\n## Ratios\n\n%s.\n", r.m.summary())
	var rows [][]string
	for i := range r.m.Rows {
		row := &r.m.Rows[i]
		state := row.state()
		if row.bar() == (bar{}) {
			state = ""
		}
		rows = append(rows, []string{row.Name, thousands(float64(row.Size)), fmt.Sprintf("%.2f", row.Value),
			bound(row.bar()), state, row.remark()})
	}
	r.table([]string{"row", "bytes", "value", "bar", "state", "note"}, rows)
}

// bound is a bar as a reader of a table likes it.
func bound(b bar) string {
	return strings.NewReplacer("<=", "≤ ", ">=", "≥ ", "-", "").Replace(b.String())
}

func (r *report) writeCandidates(group string) {
	var rows [][]string
	noted := false
	for _, c := range r.m.Candidates {
		if c.Group == group {
			noted = noted || c.Note != ""
			rows = append(rows, []string{c.Name, thousands(c.NsPerCall), counted(c.Allocations), counted(c.Bytes),
				lengthOf(c.TokenBytes), c.Note})
		}
	}
	if len(rows) == 0 {
		return
	}
	head := []string{group, "ns", "allocations", "bytes allocated", "token bytes", "note"}
	if !noted {
		head = head[:len(head)-1]
		for i := range rows {
			rows[i] = rows[i][:len(head)]
		}
	}
	r.table(head, rows)
}

func counted(v float64) string {
	if v < 0 {
		return ""
	}
	return thousands(v)
}

func lengthOf(n int) string {
	if n == 0 {
		return ""
	}
	return thousands(float64(n))
}

// writePeerSizes says how many times as long peers take at each size of payload.
func (r *report) writePeerSizes() {
	head := []string{"times as long as sealring"}
	for _, size := range sizes {
		head = append(head, sizeLabel(float64(size)))
	}
	var rows [][]string
	for _, p := range []struct{ peer, ours string }{
		{"gorilla-hmac", "text signed"}, {"go-jose-jws", "text signed"}, {"jwx-jws", "text signed"}, {"tink-mac", "text signed"},
		{"fernet-go", "text encrypted"}, {"gorilla-aes", "text encrypted"}, {"go-jose-jwe", "text encrypted"},
		{"go-paseto", "text encrypted"}, {"tink-aead", "binary encrypted"},
	} {
		for _, op := range []string{"seal ", "open "} {
			row := []string{op + p.peer + ", to " + p.ours}
			for _, size := range sizes {
				group := fmt.Sprintf("peers-%d", size)
				peer, ours := r.m.candidate(group, op+p.peer), r.m.candidate(group, op+p.ours)
				if peer == nil || ours == nil {
					return
				}
				row = append(row, fmt.Sprintf("%.2f", peer.NsPerCall/ours.NsPerCall))
			}
			rows = append(rows, row)
		}
	}
	r.say("\nBy size of payload, of medians:\n")
	r.table(head, rows)
}

func (r *report) writeGrowth() {
	if len(r.m.Series) == 0 {
		return
	}
	r.say("\n## Growth\n\nPoints are what was measured, lines are `fixed + slope × n`, fitted by the least squares of relative " +
		"deviations, so that 64 bytes count as much as a megabyte. R² is of the same; for a line that hardly rises it means " +
		"nothing, and the largest deviation says all.\n")
	for _, chart := range lineCharts {
		var head []string
		var times, fits [][]string
		for _, s := range r.m.Series {
			if s.Chart != chart.chart {
				continue
			}
			if head == nil {
				for _, x := range s.X {
					head = append(head, placeLabel(s.Chart, x))
				}
			}
			row := []string{s.Name}
			for i, ns := range s.Ns {
				cell := thousands(ns)
				if s.Allocations[i] > 0 {
					cell += "*"
				}
				row = append(row, cell)
			}
			times = append(times, row)
			fits = append(fits, fitRow(&s))
		}
		if times == nil {
			continue
		}
		alt := "Time per call against the size of the payload, with the floors, " + chart.chart
		per := "ns per byte"
		if chart.chart == keysChart {
			alt, per = "Time per call against the number of keys in the ring", "ns per key"
		}
		r.show(chart.file, alt)
		r.table(append([]string{"ns per call, by " + chart.xLabel}, head...), times)
		r.table([]string{"line", "fixed, ns", per, "R²", "largest deviation", "at"}, fits)
	}
	r.say("\n`*` allocates: the memory of a call is kept for the next one up to 1 MiB.\n")
}

func fitRow(s *measuredSeries) []string {
	l := fit(s.X, s.Ns)
	return []string{s.Name, thousands(l.fixed), fmt.Sprintf("%.4f", l.slope), fmt.Sprintf("%.4f", l.r2),
		fmt.Sprintf("%+.1f %%", 100*l.deviation), placeLabel(s.Chart, l.at)}
}

func (r *report) writeMemory() {
	if len(r.m.Memory) == 0 {
		return
	}
	r.say("\n## Memory held\n\nHeap that stays as long as the thing does, of 1,000 of each, once the collector has run.\n")
	var rows [][]string
	for _, h := range r.m.Memory {
		rows = append(rows, []string{h.Name, thousands(math.Round(h.Bytes))})
	}
	r.table([]string{"", "bytes"}, rows)
}

// writeRest is every candidate that has not been in a table yet.
func (r *report) writeRest() {
	var rest []string
	for _, c := range r.m.Candidates {
		if !slices.Contains(rest, c.Group) && !strings.HasPrefix(c.Group, "growth") && !strings.HasPrefix(c.Group, "peers") {
			rest = append(rest, c.Group)
		}
	}
	if len(rest) == 0 {
		return
	}
	r.say("\n## The other candidates\n")
	for _, group := range rest {
		r.writeCandidates(group)
	}
}
