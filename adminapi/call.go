package adminapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	graphql "github.com/hasura/go-graphql-client"
)

// call is one call to the server, however many requests it takes. It travels
// in the context of the request, because the GraphQL client has no other way
// to tell the transports below it what they carry. One goroutine uses it.
type call struct {
	operation string
	graphql   bool          // the answer must be a GraphQL answer
	errors    bool          // GraphQL errors, and what data came with them, are an answer too
	rest      bool          // the answer must be one of the REST API
	repeat    bool          // nothing is changed: the request may be sent twice
	uncertain bool          // something may have been changed; see onceTransport
	attempts  int           // requests sent so far
	spent     time.Duration // in these and in the pauses between them
	renewed   bool          // a fresh token was tried
	header    http.Header   // of the answer, when it was a good one
}

type callKey struct{}

func withCall(ctx context.Context, c *call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

// callOf is the call that a request belongs to. One without is judged by its
// method alone.
func callOf(req *http.Request) *call {
	if c, ok := req.Context().Value(callKey{}).(*call); ok {
		return c
	}
	return &call{
		operation: req.Method + " " + req.URL.Path,
		repeat:    req.Method == http.MethodGet || req.Method == http.MethodHead,
	}
}

// interrupted is the error of a call whose context has ended.
func (c *call) interrupted(err error) error {
	if c.repeat || c.uncertain {
		return err
	}
	return &unsentError{err}
}

// doer lets a function be what the GraphQL client sends requests with.
type doer func(*http.Request) (*http.Response, error)

// Do calls the function.
func (d doer) Do(req *http.Request) (*http.Response, error) { return d(req) }

// do sends a request to the Admin API with all that the transports add to it.
// Every answer but a good one is an error: an *Error, or the context's. The
// body of a good answer is in memory, whole.
func (c *Client) do(req *http.Request) (*http.Response, error) {
	sent := callOf(req)
	ctx := withCall(req.Context(), sent)
	resp, err := c.http.Do(req.WithContext(ctx))
	if err == nil {
		sent.header = resp.Header
		c.clock.learn(resp.Header, c.now())
		return resp, nil
	}
	if ctx.Err() != nil {
		return nil, sent.interrupted(ended(ctx))
	}
	failure, ok := errors.AsType[*Error](err)
	if !ok {
		failure = connectionFailure(err)
	}
	failure.redact().Operation = sent.operation
	failure.Attempts = max(sent.attempts, 1)
	failure.NotCarriedOut = !sent.repeat && !sent.uncertain
	if failure.Unauthorized() {
		c.explainRefusal(failure)
	}
	return nil, failure
}

// exchange sends a request of the REST API and decodes its answer.
func (c *Client) exchange(ctx context.Context, sent *call, method, path string, body []byte, into any) error {
	req, err := http.NewRequestWithContext(withCall(ctx, sent), method, c.endpoint.String()+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if len(body) > 0 {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := c.do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }() // it is in memory
	if err := decodeExact(bodyOf(resp), into); err != nil {
		return misunderstood(operation{name: sent.operation}, withoutValue(err))
	}
	return nil
}

// query sends a GraphQL query and decodes its data. Data is only decoded when
// there was no error of any sort with it.
func (c *Client) query(ctx context.Context, op operation, vars map[string]any, into any) (http.Header, error) {
	sent := &call{operation: op.name, graphql: true, repeat: true}
	data, err := c.graphql.ExecRaw(withCall(ctx, sent), op.document, vars, graphql.OperationName(op.name))
	if err != nil {
		return nil, plain(op, err)
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return nil, misunderstood(op, withoutValue(err))
	}
	return sent.header, nil
}

// plain takes the GraphQL client's wrapping off an error, which would print
// the text in its own way and has no place in this package's interface.
func plain(op operation, err error) error {
	if failure, ok := errors.AsType[*Error](err); ok {
		return failure
	}
	if wrapped, ok := errors.AsType[graphql.Errors](err); ok && len(wrapped) > 0 {
		if inner := errors.Unwrap(wrapped[0]); inner != nil {
			return inner
		}
	}
	return misunderstood(op, err)
}

// misunderstood is the error for a good answer that does not say what was asked.
func misunderstood(op operation, err error) *Error {
	return &Error{
		Status: http.StatusOK, Operation: op.name, Attempts: 1,
		Message: "the answer is not understood: " + err.Error(),
		Hint:    "check that the endpoint is an Authgear server of a release that this program knows",
	}
}

// withoutValue is the decoding error without the value that it was about,
// which may be somebody's name or address.
func withoutValue(err error) error {
	if typeErr, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		kind, _, _ := strings.Cut(typeErr.Value, " ")
		return fmt.Errorf("%s is a JSON %s", typeErr.Field, kind)
	}
	return err
}
