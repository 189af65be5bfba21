package usersync

import (
	"crypto/rand"
	"strings"
	"time"
)

// NewRunID names a run so that people can read it, names sort by time, and two
// runs of one second do not share one: 20260102-150405-q7m2ka.
func NewRunID(now time.Time) string {
	return now.UTC().Format("20060102-150405-") + strings.ToLower(rand.Text()[:6])
}
