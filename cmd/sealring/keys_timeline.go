package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"github.com/sealring/sealring/internal/envelope"
	"github.com/sealring/sealring/rotation"
)

type keysTimelineCommand struct {
	ringFlag
	drawingFlags
	Width int `default:"0" help:"How many columns to draw in; 0 for those in the variable COLUMNS, or 80."`
}

// maxWidth is more than a terminal has.
const maxWidth = 1000

// Run draws the lives, in the terminal and in a file.
func (c *keysTimelineCommand) Run(env *environment) error {
	if c.Width < 0 || c.Width > maxWidth {
		return usageError(fmt.Sprintf("--width: from 0 to %d", maxWidth))
	}
	if c.Width == 0 {
		// What is no number is as if nothing were there.
		columns, _ := strconv.Atoi(env.getenv("COLUMNS"))
		c.Width = min(max(columns, 0), maxWidth)
	}
	document, err := c.document(env, noInput)
	if err != nil {
		return err
	}
	chart := rotation.Timeline(document, env.now())
	if err := c.draw(chart.SVG); err != nil {
		return err
	}
	if env.json {
		return env.writeJSON(chart)
	}
	_, err = io.WriteString(env.stdout, chart.Text(c.Width))
	return err
}

// drawingFlags are what commands that draw have in common.
type drawingFlags struct {
	SVG   *string `name:"svg" placeholder:"FILE" help:"Write a drawing to a new file too."`
	Force bool    `help:"Let --svg take the place of another drawing."`
}

// svgStart is what every drawing begins with.
const svgStart = "<svg"

// draw writes the file, if one was asked for. It never takes the place of anything but another drawing.
func (f *drawingFlags) draw(svg func() string) error {
	switch {
	case f.SVG == nil:
		return nil
	case *f.SVG == "" || *f.SVG == "-":
		return usageError("--svg: name a file")
	case envelope.IsText(*f.SVG) || looksSecret(*f.SVG) || secretText.MatchString(*f.SVG):
		return usageError("--svg: this is not a path but a token or a secret itself")
	}
	file, err := os.OpenFile(*f.SVG, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		if !f.Force {
			return fmt.Errorf("%s exists; say --force to let the drawing take its place", *f.SVG)
		}
		file, err = reopenDrawing(*f.SVG)
	}
	if err != nil {
		return err
	}
	_, err = file.WriteString(svg())
	return errors.Join(err, file.Close())
}

// reopenDrawing empties the file of a drawing. Any other may be a ring, which nobody could bring back.
func reopenDrawing(path string) (*os.File, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a file", path)
	}
	file, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	start := make([]byte, len(svgStart))
	if n, err := io.ReadFull(file, start); n > 0 && (err != nil || string(start) != svgStart) {
		file.Close()
		return nil, fmt.Errorf("%s is no drawing, and stays; choose another path", path)
	}
	_, err = file.Seek(0, io.SeekStart)
	if err = errors.Join(err, file.Truncate(0)); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
