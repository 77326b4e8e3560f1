package main

import (
	"bytes"
	"fmt"
	"html"
	"image/color"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Colours that stand out from white and from black: charts have no background of their own.
var (
	ink       = color.NRGBA{0x73, 0x7a, 0x83, 0xff}
	faint     = color.NRGBA{0x8b, 0x94, 0x9e, 0x50}
	blue      = color.NRGBA{0x2f, 0x7d, 0xe8, 0xff}
	lightBlue = color.NRGBA{0x6f, 0xae, 0xf5, 0xff}
	orange    = color.NRGBA{0xd9, 0x77, 0x2b, 0xff}
	grey      = color.NRGBA{0x7d, 0x86, 0x90, 0xff}
	lightGrey = color.NRGBA{0xa8, 0xb0, 0xb9, 0xff}
)

// textStyle makes the words darker or lighter where a viewer says what is behind them.
const textStyle = `<style>
@media (prefers-color-scheme: light) { text { fill: #1f2328 !important } }
@media (prefers-color-scheme: dark) { text { fill: #e6edf3 !important } }
</style>
`

const fontSize = vg.Length(11)

var sans = font.Font{Typeface: "Liberation", Variant: "Sans", Size: fontSize}

// newPlot returns a plot without content, in our colours, and in a font for which every system has one of its measures.
func newPlot(title, xLabel, yLabel string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, xLabel, yLabel
	p.BackgroundColor = nil
	for _, style := range []*text.Style{&p.Title.TextStyle, &p.X.Label.TextStyle, &p.Y.Label.TextStyle, &p.X.Tick.Label,
		&p.Y.Tick.Label, &p.Legend.TextStyle} {
		style.Font, style.Color = sans, ink
	}
	p.Title.TextStyle.Font.Size = fontSize + 2
	p.Title.Padding = 8
	for _, axis := range []*plot.Axis{&p.X, &p.Y} {
		axis.LineStyle.Color, axis.Tick.LineStyle.Color = ink, ink
		axis.Label.Padding = 4
	}
	p.Legend.Padding, p.Legend.ThumbnailWidth = 3, 22
	return p
}

// writeSVG draws plots side by side into a file.
func writeSVG(path string, width, height vg.Length, plots ...*plot.Plot) error {
	canvas := vgsvg.New(width, height)
	tiles := draw.Tiles{Rows: 1, Cols: len(plots), PadX: 24, PadRight: 12, PadTop: 6, PadBottom: 4, PadLeft: 4}
	for i, c := range plot.Align([][]*plot.Plot{plots}, tiles, draw.New(canvas))[0] {
		plots[i].Draw(c)
	}
	var out bytes.Buffer
	if _, err := canvas.WriteTo(&out); err != nil {
		return err
	}
	return os.WriteFile(path, styled(out.Bytes()), 0o644)
}

// words are the texts of a drawing: what stands before the end of a tag, the size of the font, and the text itself.
var words = regexp.MustCompile(`(<text [^>]*font-size:([0-9.]+)px[^>]*)>([^<]*)</text>`)

// styled adds textStyle to a drawing, and what to use where its font is not: another font, in the room of this one.
func styled(svg []byte) []byte {
	at := bytes.Index(svg, []byte("<svg"))
	at += bytes.IndexByte(svg[at:], '>') + 1
	s := string(svg[:at]) + "\n" + textStyle + strings.TrimPrefix(string(svg[at:]), "\n")
	s = words.ReplaceAllStringFunc(s, func(element string) string {
		parts := words.FindStringSubmatch(element)
		size, err := strconv.ParseFloat(parts[2], 64)
		if err != nil || strings.TrimSpace(parts[3]) == "" {
			return ""
		}
		face := font.DefaultCache.Lookup(sans, vg.Length(size))
		width := face.Width(html.UnescapeString(parts[3]))
		return fmt.Sprintf(`%s textLength="%.1f" lengthAdjust="spacingAndGlyphs">%s</text>`, parts[1], width.Points(), parts[3])
	})
	return []byte(strings.ReplaceAll(s, "font-family:Liberation Sans;", "font-family:'Liberation Sans',Arial,Helvetica,sans-serif;"))
}

// A barChart is a chart of what sealing and opening cost with each of several libraries.
type barChart struct {
	file, title string
	group       string
	names       []string // of candidates, without their "seal " and "open ", in the order in which they are drawn
	labels      map[string]string
}

var peerCharts = []barChart{
	{"peers-signed.svg", "256 bytes signed, ns per call", fmt.Sprintf("peers-%d", peerSize), []string{
		"text signed", "tink-mac", "gorilla-hmac", "jwx-jws", "go-jose-jws"}, map[string]string{
		"text signed": "sealring", "tink-mac": "Tink HMAC, a tag only", "gorilla-hmac": "gorilla/securecookie",
		"jwx-jws": "jwx JWS", "go-jose-jws": "go-jose JWS"}},
	{"peers-encrypted.svg", "256 bytes encrypted, ns per call", fmt.Sprintf("peers-%d", peerSize), []string{
		"text encrypted", "binary encrypted", "tink-aead", "fernet-go", "gorilla-aes", "go-jose-jwe", "go-paseto"}, map[string]string{
		"text encrypted": "sealring", "binary encrypted": "sealring, binary", "tink-aead": "Tink XChaCha20, binary",
		"fernet-go": "fernet-go", "gorilla-aes": "gorilla/securecookie AES", "go-jose-jwe": "go-jose JWE",
		"go-paseto": "go-paseto v4.local"}},
	{"peers-values.svg", "a session of 282 bytes of JSON, from struct to token and back, ns per call", "peers-value", []string{
		"messagepack", "json", "gorilla-json", "golang-jwt", "go-paseto-value", "gorilla-gob", "scs-gob"}, map[string]string{
		"messagepack": "sealring, MessagePack", "json": "sealring, JSON", "gorilla-json": "gorilla/securecookie, JSON",
		"golang-jwt": "golang-jwt", "go-paseto-value": "go-paseto v4.local", "gorilla-gob": "gorilla/securecookie, gob",
		"scs-gob": "scs GobCodec, a codec only"}},
}

// write draws the chart; it reports whether there was anything to draw.
func (b *barChart) write(directory string, m *measured) (bool, error) {
	p := newPlot(b.title, "", "")
	const thick = vg.Length(9)
	labels := make([]string, len(b.names))
	longest := 0.0
	var notes plotter.XYLabels
	for i, name := range b.names {
		row := float64(len(b.names) - 1 - i) // the first on top
		labels[len(b.names)-1-i] = b.labels[name]
		ours := strings.HasPrefix(b.labels[name], "sealring")
		for _, bar := range []struct {
			op          string
			offset      vg.Length
			ours, other color.Color
		}{{"seal", thick / 2, blue, grey}, {"open", -thick / 2, lightBlue, lightGrey}} {
			c := m.candidate(b.group, bar.op+" "+name)
			if c == nil {
				return false, nil
			}
			chart, err := plotter.NewBarChart(plotter.Values{c.NsPerCall}, thick)
			if err != nil {
				return false, err
			}
			chart.Horizontal, chart.XMin, chart.Offset, chart.LineStyle.Width = true, row, bar.offset, 0
			if chart.Color = bar.other; ours {
				chart.Color = bar.ours
			}
			p.Add(chart)
			if ours && i == 0 {
				p.Legend.Add(bar.op+", sealring", chart)
			}
			if i == len(b.names)-1 {
				p.Legend.Add(bar.op+", others", chart)
			}
			longest = max(longest, c.NsPerCall)
			notes.XYs = append(notes.XYs, plotter.XY{X: c.NsPerCall, Y: row})
			notes.Labels = append(notes.Labels, thousands(c.NsPerCall))
		}
	}
	beside, err := plotter.NewLabels(notes)
	if err != nil {
		return false, err
	}
	for i := range beside.TextStyle {
		beside.TextStyle[i].Font = font.From(sans, fontSize-2)
		beside.TextStyle[i].Color, beside.TextStyle[i].YAlign = ink, draw.YCenter
	}
	// The labels stand beside their bars: seal above the middle of a row, open below it.
	for i := range notes.XYs {
		beside.XYs[i].Y += []float64{0.17, -0.17}[i%2]
		beside.XYs[i].X += longest * 0.008
	}
	p.Add(beside)
	p.NominalY(labels...)
	p.X.Min, p.X.Max = 0, longest*1.12
	p.Y.Min, p.Y.Max = -0.6, float64(len(b.names))-0.4
	p.X.Tick.Marker = thousandTicks{}
	p.Legend.Top = true // where ours are, which leave room
	return true, writeSVG(filepath.Join(directory, b.file), 640, vg.Length(60+30*len(b.names)), p)
}

// thousandTicks are the default ticks, with numbers as thousands writes them.
type thousandTicks struct{}

func (thousandTicks) Ticks(least, most float64) []plot.Tick {
	ticks := plot.DefaultTicks{}.Ticks(least, most)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label = thousands(ticks[i].Value)
		}
	}
	return ticks
}

// A lineChart is a chart of series: a plot for each of several, side by side.
type lineChart struct {
	file   string
	plots  []linePlot
	xLabel string
	chart  string
}

type linePlot struct {
	title string
	lines []lineOf
}

type lineOf struct {
	name, label string
	color       color.Color
}

var lineCharts = []lineChart{
	{"size-signed.svg", []linePlot{
		{"seal, signed", []lineOf{{"seal text signed", "text", blue}, {"F seal", "floor F of it", blue},
			{"seal binary signed", "binary", orange}, {"hmac", "bare HMAC", orange}}},
		{"open, signed", []lineOf{{"open text signed", "text", blue}, {"F open", "floor F of it", blue},
			{"open binary signed", "binary", orange}, {"hmac", "bare HMAC", orange}}},
	}, "payload", signedChart},
	{"size-encrypted.svg", []linePlot{
		{"seal, encrypted", []lineOf{{"seal text encrypted", "text", blue}, {"F2 seal", "floor F2 of it", blue},
			{"seal binary encrypted", "binary", orange}}},
		{"open, encrypted", []lineOf{{"open text encrypted", "text", blue}, {"F2 open", "floor F2 of it", blue},
			{"open binary encrypted", "binary", orange}}},
	}, "payload", encryptedChart},
	{"keys.svg", []linePlot{
		{"256 bytes, signed", []lineOf{{"seal", "seal", orange}, {"open, primary key", "open, primary key", blue},
			{"open, oldest key", "open, oldest key", grey}}},
	}, "keys in the ring", keysChart},
}

func (l *lineChart) write(directory string, m *measured) (bool, error) {
	var plots []*plot.Plot
	for _, lp := range l.plots {
		p := newPlot(lp.title, l.xLabel, "time per call")
		p.X.Scale = plot.LogScale{}
		if l.chart != keysChart {
			p.Y.Scale = plot.LogScale{}
		}
		grid := plotter.NewGrid()
		grid.Horizontal.Color, grid.Vertical.Color = faint, faint
		p.Add(grid)
		var ticks plot.ConstantTicks
		top := 0.0
		for n, line := range lp.lines {
			s := m.seriesOf(l.chart, line.name)
			if s == nil {
				return false, nil
			}
			if err := addLine(p, s, line); err != nil {
				return false, err
			}
			for i, x := range s.X {
				top = max(top, s.Ns[i])
				if n > 0 {
					continue
				}
				tick := plot.Tick{Value: x, Label: placeLabel(l.chart, x)}
				if l.chart != keysChart && i%2 == 0 {
					tick.Label = " " // there is no room for all
				}
				ticks = append(ticks, tick)
			}
		}
		p.X.Tick.Marker = ticks
		p.Y.Tick.Marker = decades
		if p.Legend.Top, p.Legend.Left = true, true; l.chart == keysChart {
			p.Y.Min, p.Y.Max, p.Y.Tick.Marker = 0, top*1.3, nanosecondTicks{}
			p.Legend.Top, p.Legend.Left = false, true
		}
		plots = append(plots, p)
	}
	width := vg.Length(330 * len(plots))
	if len(plots) == 1 {
		width = 480
	}
	return true, writeSVG(filepath.Join(directory, l.file), width, 300, plots...)
}

// addLine draws the points that were measured and the line that fits them, dashed where it is a floor.
func addLine(p *plot.Plot, s *measuredSeries, of lineOf) error {
	fitted := fit(s.X, s.Ns)
	const steps = 200 // evenly spaced on the logarithmic axis
	var dense plotter.XYs
	for i := range steps + 1 {
		x := s.X[0] * math.Pow(s.X[len(s.X)-1]/s.X[0], float64(i)/steps)
		dense = append(dense, plotter.XY{X: x, Y: fitted.fixed + fitted.slope*x})
	}
	drawn, err := plotter.NewLine(dense)
	if err != nil {
		return err
	}
	drawn.LineStyle = draw.LineStyle{Color: of.color, Width: 1.5}
	measured := make(plotter.XYs, len(s.X))
	for i := range s.X {
		measured[i] = plotter.XY{X: s.X[i], Y: s.Ns[i]}
	}
	points, err := plotter.NewScatter(measured)
	if err != nil {
		return err
	}
	points.GlyphStyle = draw.GlyphStyle{Color: of.color, Radius: 2.5, Shape: draw.CircleGlyph{}}
	if s.Floor {
		drawn.LineStyle.Dashes = []vg.Length{4, 3}
		points.Shape = draw.RingGlyph{}
	}
	p.Add(drawn, points)
	p.Legend.Add(of.label, drawn, points)
	return nil
}

// decades are the ticks of time on a logarithmic axis.
var decades = plot.ConstantTicks{
	{Value: 100, Label: "100 ns"}, {Value: 1e3, Label: "1 µs"}, {Value: 1e4, Label: "10 µs"}, {Value: 1e5, Label: "100 µs"},
	{Value: 1e6, Label: "1 ms"}, {Value: 1e7, Label: "10 ms"},
}

type nanosecondTicks struct{}

func (nanosecondTicks) Ticks(least, most float64) []plot.Tick {
	ticks := thousandTicks{}.Ticks(least, most)
	for i := range ticks {
		if ticks[i].Label != "" {
			ticks[i].Label += " ns"
		}
	}
	return ticks
}

// placeLabel is what stands at a place of the x axis: a size or a number of keys.
func placeLabel(chart string, x float64) string {
	if chart == keysChart {
		return thousands(x)
	}
	return sizeLabel(x)
}

// sizeLabel is a number of bytes in the unit that makes it short.
func sizeLabel(bytes float64) string {
	switch {
	case bytes >= 1<<20:
		return fmt.Sprintf("%g MiB", bytes/(1<<20))
	case bytes >= 1<<10:
		return fmt.Sprintf("%g KiB", bytes/(1<<10))
	}
	return fmt.Sprintf("%g B", bytes)
}

// thousands writes a number without decimals, and with commas.
func thousands(v float64) string {
	digits := fmt.Sprintf("%.0f", math.Abs(v))
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if v <= -0.5 {
		return "-" + digits
	}
	return digits
}
