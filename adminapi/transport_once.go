package adminapi

import (
	"errors"
	"io"
	"net/http"
	"sync"
)

// onceTransport finds out of a request that changes something whether it can
// have reached the server whole, which it cannot before its last byte was taken
// to be sent. It keeps the standard library from sending such a request again
// by itself, as that does with some errors of HTTP/2 that do not prove that
// nothing was done.
type onceTransport struct {
	next http.RoundTripper
}

func (t *onceTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req)
	if c.repeat {
		return t.next.RoundTrip(req)
	}
	// Whatever was sent before was refused, or there would be no second time.
	body := &onceBody{body: req.Body, left: req.ContentLength}
	req = req.WithContext(req.Context())
	req.GetBody = nil
	if req.Body != nil {
		req.Body = body
	}
	resp, err := t.next.RoundTrip(req)
	c.uncertain = err == nil || body.seal() && !unconnected(err)
	return resp, err
}

// onceBody is the body of a request that knows how much of it is left, and of
// which nothing more is taken once it is sealed.
type onceBody struct {
	mu     sync.Mutex
	body   io.ReadCloser
	left   int64 // negative when the size is not known
	sealed bool
}

var errSealed = errors.New("the request was given up")

func (b *onceBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sealed {
		return 0, errSealed
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	return n, err
}

func (b *onceBody) Close() error { return b.body.Close() }

// seal tells whether the whole body, or one of no known size, may have been sent.
func (b *onceBody) seal() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sealed = true
	return b.left <= 0
}

// refused tells whether an answer says that what was asked for is not done. A
// 408, and what gateways have for clients that went away, does not say so. Nor
// does a 404 for a task: an import looks its own tasks up before it answers.
func refused(failure *Error) bool {
	switch failure.Status {
	case http.StatusNotFound:
		return failure.Reason != ReasonTaskNotFound
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusMethodNotAllowed,
		http.StatusLengthRequired, http.StatusRequestEntityTooLarge, http.StatusRequestURITooLong,
		http.StatusUnsupportedMediaType, http.StatusMisdirectedRequest, http.StatusUpgradeRequired,
		http.StatusTooManyRequests, http.StatusRequestHeaderFieldsTooLarge:
		return true
	}
	return false
}
