package main

import (
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// madeUp is what a run could have measured.
func madeUp() *measured {
	m := &measured{
		Python: "Python 3.11, itsdangerous 2.2",
		Rows: []measuredRow{
			{Name: "seal-text-signed/F", Size: 256, Most: 0.9, Value: 0.84},
			{Name: "seal-gorilla-hmac/text-signed", Size: 256, Least: 4, Value: 3.5, Note: "base64 twice"},
			{Name: "seal-jwx-jws/text-signed", Size: 16384, Value: 7},
		},
		Memory: []held{{"a key", 278.4}},
	}
	for i := range peerCharts {
		for j, name := range peerCharts[i].names {
			for _, op := range []string{"seal ", "open "} {
				m.Candidates = append(m.Candidates, measuredCandidate{Group: peerCharts[i].group, Name: op + name,
					NsPerCall: float64(400 * (j + 1)), Allocations: float64(j), TokenBytes: 419, Note: "a note"})
			}
		}
	}
	m.Candidates = append(m.Candidates, measuredCandidate{Group: "peers-python", Name: "seal itsdangerous", NsPerCall: 9000,
		Allocations: -1, Bytes: -1}, measuredCandidate{Group: "keyring", Name: "one key", NsPerCall: 490})
	for _, chart := range lineCharts {
		seen := map[string]bool{}
		for _, p := range chart.plots {
			for _, line := range p.lines {
				if seen[line.name] {
					continue
				}
				seen[line.name] = true
				s := measuredSeries{Chart: chart.chart, Name: line.name, Floor: strings.HasPrefix(line.name, "F")}
				xs := growthSizes
				if chart.chart == keysChart {
					xs = growthKeys
				}
				for _, x := range xs {
					s.X, s.Ns = append(s.X, float64(x)), append(s.Ns, 200+0.5*float64(x))
					s.Allocations = append(s.Allocations, float64(x/(1<<20)))
				}
				m.Series = append(m.Series, s)
			}
		}
	}
	return m
}

func TestReport(t *testing.T) {
	directory := t.TempDir()
	on := &machine{"a processor", 2, "linux/amd64, GOAMD64=v1", "go1.26", [][2]string{{"example.org/peer", "v1.2.3"}}, "3 × 300 rounds", "0.08"}
	if err := writeReport(directory, madeUp(), on); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(directory, "RESULTS.md"))
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{
		"| processor | a processor, 2 cores |", "| example.org/peer | v1.2.3 |", "| load before | 0.08 |", "| Python | Python 3.11, itsdangerous 2.2 |",
		"2 rows with a bar: 1 ok, 1 SHORT.",
		"| seal-text-signed/F | 256 | 0.84 | ≤ 0.90 | ok |  |",
		"| seal-gorilla-hmac/text-signed | 256 | 3.50 | ≥ 4.00 | SHORT | base64 twice |",
		"| seal-jwx-jws/text-signed | 16,384 | 7.00 |  |  |  |",
		"| seal tink-mac | 800 | 1 | 0 | 419 | a note |",
		"| seal itsdangerous | 9,000 |  |  |  |",
		"| seal text signed | 200 | 0.5000 | 1.0000 |",
		"| 524,488* |", "| a key | 278 |", "| one key | 490 | 0 | 0 |  |",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "NaN") || strings.Contains(text, directory) {
		t.Error("a number that is none, or a path of this machine")
	}
	columns := 0
	for line := range strings.Lines(text) {
		n := strings.Count(line, "|")
		if n > 0 && columns > 0 && n != columns {
			t.Errorf("%d columns under a head of %d: %s", n, columns, line)
		}
		columns = n
	}

	shown := regexp.MustCompile(`!\[[^]]+\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1)
	if len(shown) != len(peerCharts)+len(lineCharts) {
		t.Errorf("%d charts are shown", len(shown))
	}
	for _, chart := range shown {
		checkSVG(t, filepath.Join(directory, chart[1]))
	}
}

// checkSVG is that a chart is XML, has words in it, and no coordinate or colour that is none.
func checkSVG(t *testing.T, path string) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	elements := map[string]int{}
	for decoder := xml.NewDecoder(strings.NewReader(string(b))); ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if start, ok := token.(xml.StartElement); ok {
			elements[start.Name.Local]++
		}
	}
	if elements["svg"] != 1 || elements["style"] != 1 || elements["text"] < 10 || elements["path"] < 5 {
		t.Errorf("%s has %v", path, elements)
	}
	for _, wrong := range []string{"NaN", "Inf", "#-"} {
		if strings.Contains(string(b), wrong) {
			t.Errorf("%s has %s in it", path, wrong)
		}
	}
	if !strings.Contains(string(b), "prefers-color-scheme: dark") || !strings.Contains(string(b), "Arial") {
		t.Errorf("%s is for one background, or one font", path)
	}
}

// TestReportOfAFew is a report of a run with -only, which has no chart of what was not measured.
func TestReportOfAFew(t *testing.T) {
	directory := t.TempDir()
	m := &measured{Rows: madeUp().Rows}
	if err := writeReport(directory, m, thisMachine("once", loadAverage())); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(directory, "*"))
	if err != nil || len(files) != 1 {
		t.Errorf("files %v, error %v", files, err)
	}
	b, err := os.ReadFile(filepath.Join(directory, "RESULTS.md"))
	if err != nil || strings.Contains(string(b), ".svg") {
		t.Errorf("error %v, or a chart that is not there", err)
	}
	name, err := os.Hostname()
	if err == nil && len(name) > 5 && strings.Contains(string(b), name) {
		t.Error("it names the machine")
	}
	if err := writeReport(filepath.Join(directory, "missing"), m, thisMachine("once", loadAverage())); err == nil {
		t.Error("it was written nowhere")
	}
}

func TestThousands(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 999.4: "999", 999.5: "1,000", 1234567: "1,234,567", -0.4: "0", -1234: "-1,234"} {
		if got := thousands(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
	for v, want := range map[float64]string{64: "64 B", 1024: "1 KiB", 1 << 20: "1 MiB"} {
		if got := sizeLabel(v); got != want {
			t.Errorf("%v is written %s, want %s", v, got, want)
		}
	}
}
