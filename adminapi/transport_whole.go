package adminapi

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxAnswer is the most that an answer may hold, in bytes. A page of 100 users
// was seen to take 0.3 MB.
const maxAnswer = 64 << 20

// wholeTransport sends a request and reads the whole answer into memory, within
// a limit of time and size. The transports above it thereby see a body that is
// cut short for what it is: an attempt that failed.
type wholeTransport struct {
	next    http.RoundTripper
	timeout time.Duration // of a call: an attempt has half, and no more than is left
}

// wholeBody is a body that is in memory.
type wholeBody struct {
	bytes.Reader
	data []byte
}

func (b *wholeBody) Close() error { return nil }

// bodyOf is the body of an answer that came through a wholeTransport.
func bodyOf(resp *http.Response) []byte {
	if body, ok := resp.Body.(*wholeBody); ok {
		return body.data
	}
	return nil
}

func (t *wholeTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	c, started := callOf(req), time.Now()
	limit := min(t.timeout/2, t.timeout-c.spent)
	defer func() { c.spent += time.Since(started) }()
	ctx, cancel := context.WithTimeout(req.Context(), limit)
	defer cancel()
	resp, err := t.exchange(req.WithContext(ctx))
	if err != nil && ctx.Err() != nil && req.Context().Err() == nil {
		// Not wrapped: it is not the caller's context that has ended.
		return nil, &Error{
			Message: fmt.Sprintf("no whole answer from the server within %s", limit.Round(time.Millisecond)), retryable: true,
			Hint: "check the endpoint and the network, or allow more time",
		}
	}
	return resp, err
}

func (t *wholeTransport) exchange(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	// Closing tells nothing that reading has not told.
	defer func() { _ = resp.Body.Close() }()
	var buffer bytes.Buffer
	if resp.ContentLength > 0 && resp.ContentLength <= maxAnswer {
		buffer.Grow(int(resp.ContentLength) + bytes.MinRead)
	}
	n, err := buffer.ReadFrom(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if n > maxAnswer {
		return nil, &Error{
			Status:  resp.StatusCode,
			Message: fmt.Sprintf("the answer is larger than %d MiB", maxAnswer>>20),
			Hint:    "ask for fewer users or fields at once",
		}
	}
	body := &wholeBody{data: buffer.Bytes()}
	body.Reset(body.data)
	resp.Body = body
	return resp, nil
}
