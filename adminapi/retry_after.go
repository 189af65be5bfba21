package adminapi

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// retryAfter is how long the Retry-After header asks to wait: it holds either
// seconds or a date (RFC 9110, section 10.2.3). A date is compared with the
// server's own clock where the answer tells it, with now otherwise. What is
// absent, past or not understood is 0.
func retryAfter(header http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(header.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(value, 10, 32); err == nil {
		return max(0, time.Duration(seconds)*time.Second)
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if server := dateOf(header); !server.IsZero() {
		now = server
	}
	return max(0, date.Sub(now))
}
