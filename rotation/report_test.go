package rotation_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/sealring/sealring/rotation"
)

// lossy is the report of a fleet that loses tokens.
func lossy(t *testing.T) *rotation.Report {
	t.Helper()
	return play(t, 1, 28, []published{
		{1, []window{{id: "a", created: 1}}},
		{5, []window{{id: "a", created: 1}, {id: "b", created: 5, sealFrom: 5}}},
	})
}

func TestReportText(t *testing.T) {
	r := lossy(t)
	text := r.Text()
	for _, part := range []string{"1  policies", "300  nodes each", "2  documents written", "findings seals-early", "does not know the key"} {
		if !strings.Contains(text, part) {
			t.Errorf("the table has no %q:\n%s", part, text)
		}
	}
	if !strings.Contains(r.Summary(), "1 policy, 300 nodes, 0.07397 years: 2 documents, ") {
		t.Error(r.Summary())
	}
	if strings.Contains(r.Summary(), "\n") {
		t.Error("a summary of two lines")
	}
	if len(r.Losses) == 0 || len(r.Losses) > 20 || r.Refused <= len(r.Losses) {
		t.Errorf("%d losses told of %d", len(r.Losses), r.Refused)
	}
}

func TestReportSVG(t *testing.T) {
	svg := lossy(t).SVG()
	wellFormed(t, svg)
	if strings.Count(svg, `class="loss"`) == 0 || !strings.Contains(svg, "refused)</title>") {
		t.Errorf("no losses in\n%s", svg)
	}
	report, err := rotation.Simulation{Policy: policy, Nodes: 10, Duration: 400 * day}.Run()
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(report.SVG(), `class="seals" x=`); got < 13 {
		t.Errorf("%d keys are drawn", got)
	}
	if strings.Contains(report.SVG(), `class="loss" d`) {
		t.Error("losses that are none are drawn")
	}
}

func TestReportJSON(t *testing.T) {
	text, err := json.Marshal(lossy(t))
	if err != nil {
		t.Fatal(err)
	}
	var back rotation.Report
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if back.Refused == 0 || back.Findings[rotation.SealsEarly] == 0 || len(back.Keys) != 2 {
		t.Errorf("%s", text)
	}
}
