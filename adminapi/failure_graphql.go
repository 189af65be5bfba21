package adminapi

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
)

// graphqlAnswer is as much of a GraphQL answer as judging it takes.
type graphqlAnswer struct {
	Data   json.RawMessage `json:"data"`
	Errors []graphqlError  `json:"errors"`
}

type graphqlError struct {
	Message    string            `json:"message"`
	Locations  []json.RawMessage `json:"locations"`
	Path       []any             `json:"path"`
	Extensions struct {
		ErrorName string         `json:"errorName"`
		Reason    string         `json:"reason"`
		Info      map[string]any `json:"info"`
	} `json:"extensions"`
}

// graphqlFailure judges an answer with a good status. It is only good when it
// is JSON from end to end, has data, and has no errors that its caller did not
// ask for.
func graphqlFailure(c *call, resp *http.Response, body []byte) *Error {
	broken := func(what string) *Error {
		return &Error{
			Status: resp.StatusCode, Message: "the answer is no GraphQL answer: " + what, retryable: true,
			Hint: "check the endpoint, and what stands between it and this machine",
		}
	}
	if resp.StatusCode != http.StatusOK {
		return broken("its status is " + resp.Status)
	}
	if !isJSON(resp.Header) {
		return broken("its content type is " + describeType(resp.Header))
	}
	var answer graphqlAnswer
	if err := decodeExact(body, &answer); err != nil {
		return broken(withoutValue(err).Error())
	}
	if len(answer.Errors) > 0 && c.errors {
		return nil
	}
	if len(answer.Errors) > 0 {
		return graphqlErrors(resp.StatusCode, answer.Errors)
	}
	if len(answer.Data) == 0 || bytes.Equal(answer.Data, []byte("null")) {
		return broken("it holds neither data nor errors")
	}
	return nil
}

func isJSON(header http.Header) bool {
	kind := mediaType(header)
	return kind == "application/json" || strings.HasSuffix(kind, "+json")
}

func describeType(header http.Header) string {
	if kind := mediaType(header); kind != "" {
		return kind
	}
	return "missing"
}

// graphqlErrors is the first of the errors, or the first that a repetition
// cannot mend: while one such is there, none of the others matters.
func graphqlErrors(status int, list []graphqlError) *Error {
	worst := list[0]
	for _, e := range list {
		if !e.passing() {
			worst = e
			break
		}
	}
	failure := &Error{
		Status:    status,
		Name:      worst.Extensions.ErrorName,
		Reason:    worst.Extensions.Reason,
		Message:   worst.Message,
		Info:      worst.Extensions.Info,
		retryable: worst.passing(),
		path:      worst.Path,
	}
	if failure.Message == "" {
		failure.Message = "the server answered with an error without words"
	}
	return failure
}

// passing tells whether the error stands for a trouble inside the server that
// may be over the next time. The server gives its own errors a name; one that
// it did not foresee (its database gone, say) it replaces by a bare "unexpected
// error" without name, path or place in the query. A query that is wrong in
// itself has a place and no path, or was not found in what was sent.
func (e graphqlError) passing() bool {
	switch e.Extensions.ErrorName {
	case "InternalError", "ServiceUnavailable", "TooManyRequest", "DataRace":
		return true
	case "":
		if strings.HasPrefix(e.Message, "Must provide an operation") || strings.HasPrefix(e.Message, "Unknown operation") {
			return false
		}
		return len(e.Path) > 0 || len(e.Locations) == 0
	}
	return false
}
