package adminapi

import (
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
)

// maxRedirects is how many redirects within the endpoint's host are followed.
const maxRedirects = 3

// countTransport counts the requests that are sent.
type countTransport struct {
	next     http.RoundTripper
	requests *atomic.Int64
}

func (t *countTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.requests.Add(1)
	callOf(req).attempts++
	return t.next.RoundTrip(req)
}

// authTransport signs every request, and tries a fresh token, once a call,
// when one was refused. A request to anywhere but the endpoint is not sent.
type authTransport struct {
	next      http.RoundTripper
	tokens    *tokens
	endpoint  *url.URL
	userAgent string
}

func (t *authTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if !sameOrigin(req.URL, t.endpoint) {
		return nil, &Error{Message: fmt.Sprintf("the request is for %s, and the token for %s only", req.URL.Host, t.endpoint.Host)}
	}
	token, err := t.tokens.token()
	if err != nil {
		return nil, &Error{Message: err.Error(), cause: err}
	}
	resp, err := t.send(req, token)
	if err != nil || resp.StatusCode != http.StatusForbidden || !t.renewable(req) {
		return resp, err
	}
	callOf(req).uncertain = false // what is refused is not done
	fresh, err := t.tokens.renew(token)
	if err != nil {
		return nil, &Error{Message: err.Error(), cause: err}
	}
	again, err := replay(req)
	if err != nil {
		return nil, &Error{Message: err.Error(), cause: err}
	}
	return t.send(again, fresh)
}

// renewable is true once for each call whose body can be sent again.
func (t *authTransport) renewable(req *http.Request) bool {
	c := callOf(req)
	if c.renewed || (req.Body != nil && req.GetBody == nil) {
		return false
	}
	c.renewed = true
	return true
}

func (t *authTransport) send(req *http.Request, token string) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("Authorization", "Bearer "+token) // the server refuses "bearer"
	req.Header.Set("User-Agent", t.userAgent)
	return t.next.RoundTrip(req)
}

// replay is the request with its body from the beginning.
func replay(req *http.Request) (*http.Request, error) {
	again := req.Clone(req.Context())
	if req.GetBody == nil {
		return again, nil
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("read request body again: %w", err)
	}
	again.Body = body
	return again, nil
}

// checkRedirect follows redirects within the endpoint's host that keep the
// method, and refuses the others: to another host they would carry the token
// there, and one that turns a POST into a GET loses the question.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0]
	target := req.URL.Scheme + "://" + req.URL.Host + req.URL.Path
	refusal := func(why string) error {
		return &Error{
			Message: "the server redirects to " + target + ", " + why,
			Hint:    "set the endpoint to the address that answers itself",
		}
	}
	switch {
	case !sameOrigin(req.URL, first.URL):
		return refusal("which is another host, and is not followed")
	case req.Method != first.Method:
		return refusal("in a way that drops the request")
	case len(via) > maxRedirects:
		return refusal("and has redirected too often")
	}
	return nil
}
