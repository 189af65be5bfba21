package main

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"strings"
	"sync"
)

// loggingOptions say what is logged to standard error, and how.
type loggingOptions struct {
	level  string // none means what fits: see newLogger
	format string
	quiet  bool // set by those commands that can be quiet
}

func (o *loggingOptions) settings() []*setting {
	o.format = "text"
	return []*setting{
		{
			name: "log-level", value: choice(&o.level, "LEVEL", "debug", "info", "warn", "error"),
			usage: "what is logged: debug, info, warn or error (default info; on a terminal, and with --quiet, warn)",
		},
		{name: "log-format", value: choice(&o.format, "FORMAT", "text", "json"), usage: "how it is logged: text or json"},
	}
}

// newLogger logs to the console. A person at a terminal sees a progress bar and
// is spared what tells a log file that all goes well.
func (o *loggingOptions) newLogger(out *console) *slog.Logger {
	level := slog.LevelInfo
	if o.quiet || out.isTerminal() {
		level = slog.LevelWarn
	}
	if o.level != "" {
		// The setting has made sure that it is one of slog's names.
		_ = level.UnmarshalText([]byte(o.level))
	}
	options := &slog.HandlerOptions{Level: level}
	switch {
	case o.format == "json":
		return slog.New(slog.NewJSONHandler(out, options))
	case out.isTerminal():
		return slog.New(newTerminalHandler(out, options))
	default:
		return slog.New(slog.NewTextHandler(out, options))
	}
}

// A terminalHandler logs for people at a terminal: "usersync: warning: message",
// then the attributes as slog's text handler writes them. They see when it
// happens; the time is left out.
type terminalHandler struct {
	mu         *sync.Mutex
	out        io.Writer
	buffer     *bytes.Buffer
	attributes slog.Handler // writes to buffer
}

func newTerminalHandler(out io.Writer, options *slog.HandlerOptions) *terminalHandler {
	buffer := new(bytes.Buffer)
	return &terminalHandler{mu: new(sync.Mutex), out: out, buffer: buffer, attributes: slog.NewTextHandler(buffer, &slog.HandlerOptions{
		Level: options.Level,
		ReplaceAttr: func(groups []string, attribute slog.Attr) slog.Attr {
			if len(groups) == 0 && (attribute.Key == slog.TimeKey || attribute.Key == slog.LevelKey || attribute.Key == slog.MessageKey) {
				return slog.Attr{}
			}
			return attribute
		},
	})}
}

// Enabled says whether records of the level are logged.
func (h *terminalHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.attributes.Enabled(ctx, level)
}

// Handle writes one record as one line.
func (h *terminalHandler) Handle(ctx context.Context, record slog.Record) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.buffer.Reset()
	if err := h.attributes.Handle(ctx, record); err != nil {
		return err
	}
	line := programName + ": "
	switch {
	case record.Level >= slog.LevelError:
		line += "error: "
	case record.Level >= slog.LevelWarn:
		line += "warning: "
	}
	line += record.Message
	if attributes := strings.TrimSpace(h.buffer.String()); attributes != "" {
		line += "  " + attributes
	}
	_, err := io.WriteString(h.out, line+"\n")
	return err
}

// WithAttrs is a handler that adds the attributes to every record.
func (h *terminalHandler) WithAttrs(attributes []slog.Attr) slog.Handler {
	added := *h
	added.attributes = h.attributes.WithAttrs(attributes)
	return &added
}

// WithGroup is a handler that puts the record's attributes into a group.
func (h *terminalHandler) WithGroup(name string) slog.Handler {
	grouped := *h
	grouped.attributes = h.attributes.WithGroup(name)
	return &grouped
}
