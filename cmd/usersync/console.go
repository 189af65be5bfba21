package main

import (
	"io"
	"sync"
)

// A console is standard error. While a progress bar is drawn there, everything
// else has to go through the bar's own writer, which puts it above the bar.
type console struct {
	mu    sync.Mutex
	out   io.Writer
	above io.Writer // nil when no bar is drawn
}

// Write writes to wherever it does no harm.
func (c *console) Write(data []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
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

// isTerminal says whether people are looking.
func (c *console) isTerminal() bool { return isTerminal(c.out) }
