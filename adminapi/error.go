package adminapi

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
)

// The reasons that callers decide by. Authgear has many more.
const (
	// ReasonInvalidArgument: a value is none of the attribute, or the project
	// does not have the login ID key, that users were looked up by.
	ReasonInvalidArgument = "GetUsersInvalidArgument"
	// ReasonUsageLimit: a quota is used up; [Error.Period] says which.
	ReasonUsageLimit = "UsageLimitExceeded"
	// ReasonTaskNotFound: there is no such job, or no longer: the server forgets
	// jobs 24 hours after they were made.
	ReasonTaskNotFound = "TaskNotFound"
	// ReasonTooLarge: the body of an import is larger than MaxImportBody.
	ReasonTooLarge = "JSONTooLarge"
)

// Error is a call to the Admin API that came to nothing: refused, answered
// with an error or with something that is no answer, or not answered at all.
// Use errors.As to find it. A cancelled context is not an Error; it is found
// by errors.Is with context.Canceled or context.DeadlineExceeded.
//
// No part of it holds a token or key. Info may quote values from the request;
// it is left out of Error, LogValue and every formatting verb.
type Error struct {
	Status     int            // HTTP status; 0 when there was no answer
	Name       string         // Authgear's class of error, such as "Invalid", "NotFound", "InternalError"
	Reason     string         // Authgear's reason, such as "InvalidCursor", "UserNotFound"
	Message    string         // what happened, in words: Authgear's own, or this package's
	Hint       string         // what a person can do about it; "" when there is no telling
	Info       map[string]any // Authgear's details; numbers are json.Number
	TrackingID string         // what Authgear's operators can look up in their logs
	Operation  string         // the GraphQL operation, such as "UsersyncUsers"
	Attempts   int            // requests made for this call; 0 when it was refused before it was sent
	RetryAfter time.Duration  // how long the server asks to wait; 0 when it does not
	// NotCarriedOut says of a call that changes something that this was certainly
	// not done and will not be. It is false where that cannot be said, and of
	// queries.
	NotCarriedOut bool

	retryable bool
	cause     error
	path      []any     // where in a GraphQL answer it stands
	date      time.Time // the server's clock when it answered; zero when unknown
	received  time.Time // this machine's clock then
}

// MayHaveHappened tells, of the error of a call that changes something, whether
// the server may have done so all the same, or may do so yet. That is so unless
// the opposite is certain: the call was refused, or its request did not leave
// this machine whole. An error of a context that has ended counts as well.
func MayHaveHappened(err error) bool {
	if failure, ok := errors.AsType[*Error](err); ok {
		return !failure.NotCarriedOut
	}
	_, unsent := errors.AsType[*unsentError](err)
	return !unsent
}

// unsentError is what ended a call before its request had been sent whole.
type unsentError struct{ cause error }

func (e *unsentError) Error() string { return e.cause.Error() }

func (e *unsentError) Unwrap() error { return e.cause }

// Retryable tells whether the same call may succeed later: nothing that the
// caller sent was wrong. Queries have then been repeated already as often as
// Config.MaxRetries says.
func (e *Error) Retryable() bool { return e.retryable }

// Unauthorized tells whether the credentials were refused. The server answers
// 403 to every refusal, whatever its cause; a gateway before it may answer 401.
func (e *Error) Unauthorized() bool {
	return e.Status == http.StatusForbidden || e.Status == http.StatusUnauthorized
}

// Period is the period of the quota that is used up, as Authgear names it:
// "day" or "month"; "" when the error does not say one.
func (e *Error) Period() string {
	period, _ := e.Info["period"].(string)
	return period
}

// Unwrap is the failure of the connection behind the error, if it was one.
func (e *Error) Unwrap() error { return e.cause }

// Error says what happened, what identifies it, and the hint.
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Message)
	var facts []string
	if e.Status != 0 {
		facts = append(facts, fmt.Sprintf("HTTP %d", e.Status))
	}
	switch {
	case e.Name != "" && e.Reason != "":
		facts = append(facts, e.Name+"/"+e.Reason)
	case e.Name != "" || e.Reason != "":
		facts = append(facts, e.Name+e.Reason)
	}
	if e.Operation != "" {
		facts = append(facts, "operation "+e.Operation)
	}
	if e.TrackingID != "" {
		facts = append(facts, "tracking ID "+e.TrackingID)
	}
	if e.Attempts > 1 {
		facts = append(facts, fmt.Sprintf("%d attempts", e.Attempts))
	}
	if e.RetryAfter > 0 {
		facts = append(facts, fmt.Sprintf("the server asks to wait %s", e.RetryAfter))
	}
	if len(facts) > 0 {
		b.WriteString(" (" + strings.Join(facts, ", ") + ")")
	}
	if e.Hint != "" {
		b.WriteString(": " + e.Hint)
	}
	return b.String()
}

// Format writes Error's text for every verb, so that %#v cannot show Info.
func (e *Error) Format(state fmt.State, _ rune) {
	_, _ = fmt.Fprint(state, e.Error()) // fmt reports errors of the writer itself
}

// LogValue is the error as a group: its text and what identifies it.
func (e *Error) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("message", e.Error()),
		slog.Int("status", e.Status),
		slog.String("name", e.Name),
		slog.String("reason", e.Reason),
		slog.String("operation", e.Operation),
		slog.String("tracking_id", e.TrackingID),
		slog.Int("attempts", e.Attempts),
		slog.Bool("retryable", e.retryable),
	)
}
