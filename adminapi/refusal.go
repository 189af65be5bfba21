package adminapi

import (
	"fmt"
	"net/http"
	"time"
)

// clockTolerance is how far the clocks may differ before it is worth a word.
// The server accepts up to 5 minutes either way.
const clockTolerance = 2 * time.Minute

// explainRefusal gives a refusal the hint that the server does not: it answers
// the same to a wrong key, key ID, app ID and clock.
func (c *Client) explainRefusal(failure *Error) {
	if failure.Name == "" {
		failure.Message = "Authgear refused the credentials"
		if failure.Status != http.StatusForbidden {
			failure.Message = "something before Authgear refused the credentials"
		}
	}
	compare := fmt.Sprintf("compare with the portal of Authgear: the endpoint (%s), the app ID (%q), the key ID (%q), "+
		"and whether the private key belongs to that key ID (its public part has the SHA-256 %s)",
		c.endpoint, c.appID, c.keyID, c.key.Thumbprint())
	if clock := c.clockHint(failure); clock != "" {
		compare = clock + "; if that is not it, " + compare
	}
	failure.Hint = compare
}

// clockHint says by how much this machine's clock is off, by the Date header
// of the refusal; it is empty when that is little or cannot be told.
func (c *Client) clockHint(failure *Error) string {
	if failure.date.IsZero() {
		return ""
	}
	off := failure.received.Sub(failure.date)
	switch {
	case off > clockTolerance:
		return fmt.Sprintf("set the clock right: this machine's is %s ahead of the server's", off.Round(time.Second))
	case off < -clockTolerance:
		return fmt.Sprintf("set the clock right: this machine's is %s behind the server's", (-off).Round(time.Second))
	}
	return ""
}
