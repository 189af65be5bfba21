package adminapi

import "regexp"

// token matches what a token looks like, cut short or not: its first part is
// JSON, which begins {" and so, in base64, eyJ.
var token = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{6,}(\.[A-Za-z0-9_-]*){0,2}`)

// redact takes tokens out of all that the server had a say in. A server or a
// gateway that repeats the request's headers, as debugging aids do, must not
// bring them into logs.
func (e *Error) redact() *Error {
	for _, text := range []*string{&e.Message, &e.Name, &e.Reason, &e.TrackingID, &e.Hint} {
		*text = token.ReplaceAllLiteralString(*text, "[token]")
	}
	return e
}
