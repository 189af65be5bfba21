package adminapi

import (
	"bytes"
	"encoding/json"
	"net/http"
)

// restFailure judges an answer of the REST API with a good status. It is only
// good when it is JSON from end to end and holds a result.
func restFailure(resp *http.Response, body []byte) *Error {
	var answer struct {
		Result json.RawMessage `json:"result"`
	}
	var what string
	switch err := decodeExact(body, &answer); {
	case resp.StatusCode != http.StatusOK:
		what = "its status is " + resp.Status
	case !isJSON(resp.Header):
		what = "its content type is " + describeType(resp.Header)
	case err != nil:
		what = withoutValue(err).Error()
	case len(answer.Result) == 0 || bytes.Equal(answer.Result, []byte("null")):
		what = "it holds no result"
	default:
		return nil
	}
	return &Error{
		Status: resp.StatusCode, Message: "the answer is none of Authgear's: " + what, retryable: true,
		Hint: "check the endpoint, and what stands between it and this machine",
	}
}
