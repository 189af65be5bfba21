package adminapi

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// maxQuoted is how much of an answer in plain text an error repeats, in bytes.
const maxQuoted = 200

// connectionFailure is the error for a request that got no whole answer.
func connectionFailure(err error) *Error {
	// The address that url.Error adds is known; what happened comes after it.
	if urlErr, ok := errors.AsType[*url.Error](err); ok {
		err = urlErr.Err
	}
	failure := &Error{Message: "no answer from the server: " + err.Error(), cause: err, retryable: true}
	if unconnected(err) {
		failure.Message = "the server cannot be reached: " + err.Error()
		failure.Hint = "check the endpoint and the network"
	}
	if reason := tlsMistake(err); reason != "" {
		failure.retryable = false
		failure.Hint = reason
	}
	return failure
}

// unconnected tells whether there never was a connection.
func unconnected(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && op.Op == "dial"
}

// tlsMistake says what is wrong when the connection cannot be trusted, which
// no repetition mends.
func tlsMistake(err error) string {
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "check the host name of the endpoint, the clock, and which certificate authorities this machine trusts"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok || errors.Is(err, http.ErrSchemeMismatch) {
		return "the port does not speak TLS: check scheme and port of the endpoint"
	}
	return ""
}

// answerFailure judges an answer that came whole; nil means that it is good.
// Redirects that lead somewhere are left to the HTTP client.
func answerFailure(c *call, resp *http.Response, body []byte) *Error {
	switch {
	case redirects(resp):
		return nil
	case resp.StatusCode/100 != 2:
		return statusFailure(c, resp, body)
	case c.graphql:
		return graphqlFailure(c, resp, body)
	case c.rest:
		return restFailure(resp, body)
	}
	return nil
}

func redirects(resp *http.Response) bool {
	switch resp.StatusCode {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther,
		http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		return resp.Header.Get("Location") != ""
	}
	return false
}

// statusFailure reads the server's own form of errors, and makes do with the
// status where a gateway answered in another.
func statusFailure(c *call, resp *http.Response, body []byte) *Error {
	failure := &Error{
		Status:     resp.StatusCode,
		RetryAfter: retryAfter(resp.Header, time.Now()),
		retryable:  passing(resp.StatusCode),
	}
	var answer struct {
		Error struct {
			Name       string         `json:"name"`
			Reason     string         `json:"reason"`
			Message    string         `json:"message"`
			TrackingID string         `json:"tracking_id"`
			Info       map[string]any `json:"info"`
		} `json:"error"`
	}
	if decodeExact(body, &answer) == nil && answer.Error.Name != "" {
		e := answer.Error
		failure.Name, failure.Reason, failure.Message = e.Name, e.Reason, e.Message
		failure.TrackingID, failure.Info = e.TrackingID, e.Info
	}
	// A used-up quota comes back after hours or days, not while one waits.
	if failure.Reason == ReasonUsageLimit {
		failure.retryable = false
	}
	if failure.Message == "" {
		failure.Message = "the server answered " + strconv.Itoa(resp.StatusCode) + " " + http.StatusText(resp.StatusCode)
		// What a change sends is people's data and passwords, which a gateway
		// may repeat.
		if text := quotable(resp.Header, body); text != "" && c.repeat {
			failure.Message += fmt.Sprintf(" %q", text)
		}
	}
	switch {
	case failure.Name == "" && (resp.StatusCode == http.StatusNotFound || resp.StatusCode == http.StatusMethodNotAllowed):
		failure.Hint = "check the endpoint: the Admin API may not be there"
	case resp.StatusCode/100 == 4 && failure.Name == "" && !failure.retryable && !failure.Unauthorized():
		failure.Hint = "check the endpoint: this is not how Authgear answers"
	case failure.retryable:
		failure.Hint = "the server, or a gateway before it, is in trouble: try again later"
	}
	return failure
}

// passing tells whether a status stands for a trouble that goes by. A 500 may
// not (the server answers it to a syntax error as well), and is worth a try.
func passing(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// quotable is the beginning of a body in plain text, fit for an error message;
// pages of HTML say nothing in a line, and JSON may hold people's data.
func quotable(header http.Header, body []byte) string {
	if mediaType(header) != "text/plain" {
		return ""
	}
	text := strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return ' '
	}, string(body[:min(len(body), maxQuoted)]))
	return strings.TrimSpace(text)
}

func mediaType(header http.Header) string {
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return kind
}

// decodeExact decodes JSON with its numbers as json.Number, and wants nothing
// after it.
func decodeExact(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if decoder.More() {
		return errors.New("it goes on after its end")
	}
	return nil
}
