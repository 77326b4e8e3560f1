package rotation_test

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/sealring/sealring"
	"github.com/sealring/sealring/keyfile"
	"github.com/sealring/sealring/rotation"
)

// rotating is a ring in mid-rotation, with a key in every state on day 60.
func rotating(t testing.TB) *keyfile.Document {
	t.Helper()
	return document(t,
		window{id: "staged", created: 59, sealFrom: 62},
		window{id: "primary", created: 40, sealFrom: 50},
		window{id: "opening", created: 20, sealFrom: 31, openUntil: 70},
		window{id: "closed", created: 1, openUntil: 45},
		window{id: "disabled", created: 25, sealFrom: 35, disabled: true},
	)
}

func TestTimeline(t *testing.T) {
	chart := rotation.Timeline(rotating(t), at(60))
	var got []string
	for _, r := range chart.Rows {
		row := r.KeyID + " " + string(r.State)
		for _, t := range []time.Time{r.Created, r.SealFrom, r.SealUntil, r.OpenUntil} {
			row += " "
			if t.IsZero() {
				row += "-"
			} else {
				row += t.Format("01-02")
			}
		}
		got = append(got, row)
	}
	same(t, got, []string{
		"closed closed 01-02 - 02-01 02-15",
		"opening opening 01-21 02-01 02-20 03-12",
		"disabled disabled 01-26 02-05 02-20 -",
		"primary primary 02-10 02-20 03-04 -",
		"staged staged 03-01 03-04 - -",
	})
}

// A state is the one that a Keyring goes by, at the very millisecond.
func TestStates(t *testing.T) {
	d := document(t, window{id: "a", created: 1, openUntil: 30}, window{id: "b", created: 10, sealFrom: 20})
	for _, test := range []struct {
		now  time.Time
		a, b rotation.State
	}{
		{at(5), rotation.StatePrimary, rotation.StateStaged},
		{at(20).Add(-1), rotation.StatePrimary, rotation.StateStaged},
		{at(20), rotation.StateOpening, rotation.StatePrimary},
		{at(30).Add(-1), rotation.StateOpening, rotation.StatePrimary},
		{at(30), rotation.StateClosed, rotation.StatePrimary},
	} {
		rows := rotation.Timeline(d, test.now).Rows
		if rows[0].State != test.a || rows[1].State != test.b {
			t.Errorf("at %v: %s, %s", test.now, rows[0].State, rows[1].State)
		}
		ring, err := sealring.NewKeyring(d.SealringKeys()...)
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range rows {
			if id, _ := ring.Primary(test.now); (id == r.KeyID) != (r.State == rotation.StatePrimary) {
				t.Errorf("at %v key %s is %s, and the primary one is %s", test.now, r.KeyID, r.State, id)
			}
		}
	}
}

func TestChartText(t *testing.T) {
	want := `
key       state     2026-01-02                                        2026-03-15
closed    closed    #########################===========
opening   opening                   .........################================
disabled  disabled                      xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
primary   primary                                   .........##########=========
staged    staged                                                    ...#########
                                                                    ^ now, 2026-03-02T00:00:00Z
. staged  # seals  = opens  x disabled
`
	got := "\n" + rotation.Timeline(rotating(t), at(60)).Text(0)
	if got != want {
		t.Errorf("got%swant%s", got, want)
	}
}

// Whatever the width and the document, no line of a key is wider than asked.
func TestChartTextWidth(t *testing.T) {
	for _, width := range []int{-1, 0, 1, 40, 80, 200} {
		for _, d := range []*keyfile.Document{nil, {}, rotating(t), document(t, window{id: "a", created: 1})} {
			text := rotation.Timeline(d, at(60)).Text(width)
			for line := range strings.Lines(text) {
				limit := max(width, 40)
				if width <= 0 {
					limit = 80
				}
				if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > limit && !strings.Contains(line, "now") {
					t.Errorf("width %d: %d columns in %q", width, n, line)
				}
			}
		}
	}
}

// A document that nodes would refuse is drawn too, and does no harm to the terminal or the page.
func TestChartOfABadDocument(t *testing.T) {
	d := document(t, window{id: "a", created: 1}, window{id: "b", created: 1, sealFrom: 50, openUntil: 20})
	d.Keys[0].ID = "<script>\x1b[2J&\"\x00"
	chart := rotation.Timeline(d, at(5))
	if text := chart.Text(80); strings.ContainsAny(text, "\x1b\x00") {
		t.Errorf("%q", text)
	}
	svg := chart.SVG()
	wellFormed(t, svg)
	if strings.Contains(svg, "<script>") {
		t.Error("the drawing has the ID as it was")
	}
	d.Keys[0].Created, d.Keys[0].SealFrom = time.Time{}, time.Unix(1<<61, 0)
	chart = rotation.Timeline(d, at(5))
	chart.Text(80)
	wellFormed(t, chart.SVG())
}

func wellFormed(t *testing.T, svg string) {
	t.Helper()
	decoder := xml.NewDecoder(strings.NewReader(svg))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, svg)
		}
	}
}

func TestChartSVG(t *testing.T) {
	svg := rotation.Timeline(rotating(t), at(60)).SVG()
	wellFormed(t, svg)
	for _, part := range []string{"currentColor", "prefers-color-scheme:dark", `class="staged"`, `class="seals"`, `class="opens"`,
		`class="disabled"`, `class="now"`, "<title>opening, opening</title>"} {
		if !strings.Contains(svg, part) {
			t.Errorf("the drawing has no %s", part)
		}
	}
	for _, part := range []string{"NaN", "Inf", `width="-`} {
		if strings.Contains(svg, part) {
			t.Errorf("the drawing has %s", part)
		}
	}
	if rotation.Timeline(rotating(t), at(60)).SVG() != svg {
		t.Error("drawn again, it is another")
	}
}

func TestChartJSON(t *testing.T) {
	chart := rotation.Timeline(document(t, window{id: "a", created: 1, openUntil: 9}), at(5))
	text, err := json.Marshal(chart)
	want := `{"now":"2026-01-06T00:00:00Z","rows":[{"key_id":"a","state":"primary","created":"2026-01-02T00:00:00Z",` +
		`"seal_until":"2026-01-10T00:00:00Z","open_until":"2026-01-10T00:00:00Z"}]}`
	if err != nil || string(text) != want {
		t.Errorf("%s\nwant %s; %v", text, want, err)
	}
}

// A key that closes in the year 9999, which people write for never, does not make the others as long: what a Duration
// holds ends after 292 years.
func TestChartOfCenturies(t *testing.T) {
	year := func(y int) time.Time { return time.Date(y, 1, 1, 0, 0, 0, 0, time.UTC) }
	row := func(id string, until time.Time) rotation.Row {
		return rotation.Row{KeyID: id, State: rotation.StatePrimary, Created: year(2000), OpenUntil: until}
	}
	chart := rotation.Chart{Now: year(2000), Rows: []rotation.Row{row("half", year(6000)), row("all", year(9999))}, To: year(9999)}
	text := chart.Text(96 + len("half  disabled  "))
	for id, want := range map[string]int{"half": 48, "all": 96} {
		for line := range strings.Lines(text) {
			if strings.HasPrefix(line, id) {
				if n := strings.Count(line, "#"); n < want-1 || n > want+1 {
					t.Errorf("%s: %d columns, want %d\n%s", id, n, want, text)
				}
			}
		}
	}
	if svg := chart.SVG(); !strings.Contains(svg, ">3599-") || !strings.Contains(svg, ">8399-") {
		t.Errorf("the ticks are elsewhere: %s", svg)
	}
}
