package main

import (
	"io"
	"os"
	"strings"
	"sync"

	"golang.org/x/term"
)

// A console is standard error. While a progress bar is drawn there, everything
// else has to go through the bar's own writer, which puts it above the bar.
type console struct {
	mu    sync.Mutex
	out   io.Writer
	above io.Writer // nil when no bar is drawn
	// before, if set, is called before anything is written.
	before func()
}

// Write writes to wherever it does no harm.
func (c *console) Write(data []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.before != nil {
		c.before()
	}
	if c.above != nil {
		return c.above.Write(data)
	}
	return c.out.Write(data)
}

// writeAbove sends what is written through w, until it is called with nil.
func (c *console) writeAbove(w io.Writer) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.above = w
}

// fitted breaks a sentence between words where a terminal would break it inside
// of one. What has lines already is left alone.
func (c *console) fitted(text string) string {
	if width := columns(c.out); width > 0 && !strings.Contains(text, "\n") {
		return wrap(text, width, "")
	}
	return text
}

// columns is how wide a terminal is; 0 for what is none.
func columns(stream any) int {
	file, isFile := stream.(*os.File)
	if !isFile {
		return 0
	}
	width, _, err := term.GetSize(int(file.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// isTerminal says whether people are looking.
func (c *console) isTerminal() bool { return isTerminal(c.out) }
