package rotation

import (
	"encoding/xml"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	// defaultWidth is the width of a terminal, of old.
	defaultWidth = 80
	// minBar is the fewest columns in which a life can be told.
	minBar = 16
)

// Text returns the lives as a text of a width in columns, which is at least what the names and a short bar need; 0 means
// 80.
func (c Chart) Text(width int) string {
	if width <= 0 {
		width = defaultWidth
	}
	names := len("key")
	for _, r := range c.Rows {
		names = max(names, utf8.RuneCountInString(r.KeyID))
	}
	bar := max(width-names-len("  disabled  "), minBar)
	from, to := c.span()
	now := place(c.Now, from, to, bar)

	var b strings.Builder
	head := from.Format(time.DateOnly)
	fmt.Fprintf(&b, "%-*s  %-8s  %s%*s\n", names, "key", "state", head, bar-len(head), to.Format(time.DateOnly))
	for _, r := range c.Rows {
		cells := make([]byte, bar)
		for i := range cells {
			cells[i] = r.cell(at(i, from, to, bar))
		}
		fmt.Fprintf(&b, "%-*s  %-8s  %s\n", names, printable(r.KeyID), r.State, strings.TrimRight(string(cells), " "))
	}
	fmt.Fprintf(&b, "%*s^ now, %s\n", names+12+now, "", c.Now.Format(time.RFC3339))
	b.WriteString(". staged  # seals  = opens  x disabled\n")
	return b.String()
}

// cell returns what a key does at a moment.
func (r *Row) cell(t time.Time) byte {
	switch {
	case t.Before(r.Created), !r.OpenUntil.IsZero() && !t.Before(r.OpenUntil):
		return ' '
	case r.State == StateDisabled:
		return 'x'
	case t.Before(r.SealFrom):
		return '.'
	case r.SealUntil.IsZero() || t.Before(r.SealUntil):
		return '#'
	}
	return '='
}

// printable returns a text without what moves a terminal's cursor. Timeline takes documents that nodes would refuse.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c < ' ' || c == 0x7f || 0x80 <= c && c < 0xa0 {
			return '?'
		}
		return c
	}, s)
}

// span returns the ends of the time that is drawn.
func (c Chart) span() (from, to time.Time) {
	from, to = c.Now, c.Now
	for _, r := range c.Rows {
		for _, t := range []time.Time{r.Created, r.start(), r.SealUntil, r.OpenUntil} {
			if t.IsZero() {
				continue
			}
			if t.Before(from) {
				from = t
			}
			if t.After(to) {
				to = t
			}
		}
	}
	// Room to tell a key without an end from one that closes last.
	to = to.Add(max(to.Sub(from)/20, time.Hour))
	if !c.From.IsZero() {
		from = c.From
	}
	if c.To.After(from) {
		to = c.To
	}
	return from.UTC(), to.UTC()
}

// place returns which of some cells a moment is in.
func place(t, from, to time.Time, cells int) int {
	n := int(share(t, from, to) * float64(cells))
	return min(n, cells-1)
}

// share returns how much of a span has passed at a moment, from 0 to 1.
func share(t, from, to time.Time) float64 {
	whole := seconds(from, to)
	if whole <= 0 {
		return 0
	}
	return min(max(seconds(from, t)/whole, 0), 1)
}

// at returns the middle of a cell.
func at(cell int, from, to time.Time, cells int) time.Time {
	return moment((float64(cell)+0.5)/float64(cells), from, to)
}

// moment returns when a share of a span has passed.
func moment(share float64, from, to time.Time) time.Time {
	whole, rest := math.Modf(share * seconds(from, to))
	return time.Unix(from.Unix()+int64(whole), int64(from.Nanosecond())+int64(rest*1e9)).UTC()
}

// seconds returns how long a span is. A Duration holds 292 years only.
func seconds(from, to time.Time) float64 {
	return float64(to.Unix()-from.Unix()) + float64(to.Nanosecond()-from.Nanosecond())/1e9
}

// The measures of a drawing, in pixels.
const (
	svgWidth  = 960
	svgNames  = 200
	svgMargin = 12
	svgRow    = 22
	svgBar    = 12
	svgHead   = 44
	svgFoot   = 34
	svgTicks  = 5
)

// svgStyle draws in the colours of the page, dark or light.
const svgStyle = `<style>
svg{color:#1f2328;font:12px ui-sans-serif,system-ui,sans-serif}
text{fill:currentColor}
.axis{stroke:currentColor;stroke-opacity:.2}
.now{stroke:currentColor;stroke-dasharray:3 3}
.staged{fill:#9a6700;fill-opacity:.35}
.seals{fill:#1a7f37}
.opens{fill:#0969da;fill-opacity:.45}
.disabled{fill:#cf222e;fill-opacity:.6}
.loss{stroke:#cf222e;stroke-width:2}
@media (prefers-color-scheme:dark){svg{color:#e6edf3}.staged{fill:#d29922}.seals{fill:#3fb950}.opens{fill:#58a6ff}.disabled{fill:#f85149}.loss{stroke:#f85149}}
</style>
`

// SVG returns the lives as a drawing for light and dark pages, on its own or within HTML.
func (c Chart) SVG() string { return c.draw("The keys of a ring", nil) }

// draw draws the lives, with marks at some moments.
func (c Chart) draw(title string, marks []time.Time) string {
	from, to := c.span()
	height := svgHead + svgRow*len(c.Rows) + svgFoot
	x := func(t time.Time) float64 {
		return svgNames + share(t, from, to)*(svgWidth-svgNames-svgMargin)
	}

	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">`+"\n",
		svgWidth, height, svgWidth, height)
	fmt.Fprintf(&b, "<title>%s</title>\n%s", escape(title), svgStyle)
	for i := range svgTicks {
		t := moment(float64(i)/svgTicks, from, to)
		fmt.Fprintf(&b, `<path class="axis" d="M%.1f %dV%d"/><text x="%.1f" y="%d">%s</text>`+"\n",
			x(t), svgHead-8, height-svgFoot, x(t)+3, svgHead-14, t.Format(time.DateOnly))
	}
	for i, r := range c.Rows {
		r.draw(&b, svgHead+svgRow*i, to, x)
	}
	fmt.Fprintf(&b, `<path class="now" d="M%.1f %dV%d"><title>%s</title></path>`+"\n",
		x(c.Now), svgHead-8, height-svgFoot, c.Now.Format(time.RFC3339))
	for _, t := range marks {
		fmt.Fprintf(&b, `<path class="loss" d="M%.1f %dv8"><title>%s</title></path>`+"\n", x(t), height-svgFoot, t.Format(time.RFC3339))
	}
	for i, name := range []string{"staged", "seals", "opens", "disabled"} {
		fmt.Fprintf(&b, `<rect class="%s" x="%d" y="%d" width="12" height="12"/><text x="%d" y="%d">%s</text>`+"\n",
			name, svgNames+i*100, height-20, svgNames+i*100+18, height-10, name)
	}
	b.WriteString("</svg>\n")
	return b.String()
}

// draw draws one life.
func (r *Row) draw(b *strings.Builder, y int, to time.Time, x func(time.Time) float64) {
	orEnd := func(t time.Time) time.Time {
		if t.IsZero() {
			return to
		}
		return t
	}
	part := func(class string, from, until time.Time) {
		if !r.OpenUntil.IsZero() && until.After(r.OpenUntil) {
			until = r.OpenUntil
		}
		if width := x(until) - x(from); until.After(from) && width > 0 {
			fmt.Fprintf(b, `<rect class="%s" x="%.1f" y="%d" width="%.1f" height="%d"/>`, class, x(from), y, width, svgBar)
		}
	}

	fmt.Fprintf(b, `<g><title>%s, %s</title><text x="%d" y="%d">%s</text>`,
		escape(r.KeyID), r.State, svgMargin, y+svgBar-2, escape(r.KeyID))
	if r.State == StateDisabled {
		part("disabled", r.Created, orEnd(r.OpenUntil))
	} else {
		part("staged", r.Created, r.start())
		part("seals", r.start(), orEnd(r.SealUntil))
		if !r.SealUntil.IsZero() {
			part("opens", r.SealUntil, orEnd(r.OpenUntil))
		}
	}
	b.WriteString("</g>\n")
}

// escape returns a text as XML has it, with U+FFFD in place of what XML cannot have.
func escape(s string) string {
	var b strings.Builder
	xml.EscapeText(&b, []byte(s)) // a Builder never fails
	return b.String()
}
