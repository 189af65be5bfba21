package emulator

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// gatewayPage is what a proxy in front of the server answers by itself.
func gatewayPage(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, "<html><head><title>%d %s</title></head></html>\n", status, http.StatusText(status))
}

func setRetryAfter(w http.ResponseWriter, d time.Duration) {
	seconds := int64((d + time.Second - 1) / time.Second)
	w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
}

// heldResponse keeps an answer back so that it can be spoilt.
type heldResponse struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (h *heldResponse) Header() http.Header         { return h.header }
func (h *heldResponse) WriteHeader(status int)      { h.status = status }
func (h *heldResponse) Write(p []byte) (int, error) { return h.body.Write(p) }

// sendHalf promises the whole body, sends half and breaks the connection.
func (h *heldResponse) sendHalf(w http.ResponseWriter) {
	w.Header().Set("Content-Length", strconv.Itoa(h.body.Len()))
	w.WriteHeader(h.status)
	_, _ = w.Write(h.body.Bytes()[:h.body.Len()/2])
	flush(w)
	panic(http.ErrAbortHandler)
}

// sendSlowly sends the body in ten pieces with pauses that add up to d.
func (h *heldResponse) sendSlowly(ctx context.Context, w http.ResponseWriter, d time.Duration) {
	const pieces = 10
	w.Header().Set("Content-Length", strconv.Itoa(h.body.Len()))
	w.WriteHeader(h.status)
	size := int64(h.body.Len()/pieces + 1)
	for h.body.Len() > 0 {
		if !sleep(ctx, d/pieces) {
			return
		}
		if _, err := io.CopyN(w, &h.body, min(size, int64(h.body.Len()))); err != nil {
			return // the client hung up
		}
		flush(w)
	}
}

// flush sends what was written; a writer that cannot flush sends it later.
func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}
