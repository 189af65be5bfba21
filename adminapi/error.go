package adminapi

import (
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"
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
	Attempts   int            // requests made for this call, at least 1
	RetryAfter time.Duration  // how long the server asks to wait; 0 when it does not

	retryable bool
	unsent    bool // the request never left this machine
	cause     error
	date      time.Time // the server's clock when it answered; zero when unknown
	received  time.Time // this machine's clock then
}

// Retryable tells whether the same call may succeed later: nothing that the
// caller sent was wrong. Queries have then been repeated already as often as
// Config.MaxRetries says.
func (e *Error) Retryable() bool { return e.retryable }

// Unauthorized tells whether the credentials were refused. The server answers
// 403 to every refusal, whatever its cause; a gateway before it may answer 401.
func (e *Error) Unauthorized() bool {
	return e.Status == http.StatusForbidden || e.Status == http.StatusUnauthorized
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
