package emulator

import (
	"maps"
	"net/http"
)

// apiError is an error as the server shows it: in GraphQL as a message with
// extensions, in HTTP as {"error": {…}}.
type apiError struct {
	Name    string         // errorName: Invalid, NotFound, BadRequest, …
	Reason  string         // what a client decides by
	Message string         // for people
	Info    map[string]any // omitted when empty
}

// ErrUserNotFound is what changes to an unknown user fail with.
var ErrUserNotFound error = &apiError{Name: "NotFound", Reason: "UserNotFound", Message: "user not found"}

func (e *apiError) Error() string { return e.Message }

// status is the HTTP status that belongs to an error's name.
func (e *apiError) status() int {
	switch e.Name {
	case "BadRequest", "Invalid":
		return http.StatusBadRequest
	case "Forbidden":
		return http.StatusForbidden
	case "NotFound":
		return http.StatusNotFound
	case "RequestEntityTooLarge":
		return http.StatusRequestEntityTooLarge
	case "TooManyRequest":
		return http.StatusTooManyRequests
	default:
		return http.StatusInternalServerError
	}
}

// extensions is what GraphQL shows beside the message.
func (e *apiError) extensions() map[string]any {
	out := map[string]any{"errorName": e.Name, "reason": e.Reason}
	if len(e.Info) > 0 {
		out["info"] = maps.Clone(e.Info)
	}
	return out
}

// invalid is an Invalid error without a reason of its own.
func invalid(message string) *apiError {
	return &apiError{Name: "Invalid", Reason: "Invalid", Message: message}
}

// invalidLookup is the error of the look-ups by attribute, login ID and OAuth account.
func invalidLookup(message string) *apiError {
	return &apiError{Name: "Invalid", Reason: "GetUsersInvalidArgument", Message: message}
}

// invariantViolated carries the kind by which a client can tell what was violated.
func invariantViolated(kind, message string, info map[string]any) *apiError {
	all := map[string]any{"cause": map[string]any{"kind": kind}}
	maps.Copy(all, info)
	return &apiError{Name: "Invalid", Reason: "InvariantViolated", Message: message, Info: all}
}

// unknownKeys is the error of assigning roles or groups that do not exist.
func unknownKeys(reason, message string, keys []string) *apiError {
	return &apiError{Name: "NotFound", Reason: reason, Message: message, Info: map[string]any{"keys": keys}}
}

// unexpected is how the server shows what it did not foresee.
func unexpected() *apiError {
	return &apiError{Name: "InternalError", Reason: "UnexpectedError", Message: "unexpected error occurred"}
}
