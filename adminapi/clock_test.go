package adminapi_test

import (
	"net/http"
	"testing"
	"time"

	"usersync/adminapi"
)

// Any good answer tells the server's time; what stands before the server does not.
func TestServerTime(t *testing.T) {
	t.Parallel()
	ours := time.Date(2026, 11, 20, 9, 0, 0, 0, time.UTC)
	var status int
	var theirs time.Time
	base := roundTrip(func(req *http.Request) (*http.Response, error) {
		return response(req, status, `{"data":{"getUserByLoginID":null}}`, "Content-Type", "application/json", "Date", theirs.Format(http.TimeFormat)), nil
	})
	cfg := config(t, "https://myapp.example.com", base)
	cfg.Now = func() time.Time { return ours }
	client := newClient(t, cfg)
	if got := client.ServerTime(); !got.Equal(ours) {
		t.Errorf("before the first answer it is %s", got)
	}
	for _, step := range []struct {
		status      int
		ahead, want time.Duration
	}{
		{http.StatusOK, 3 * time.Hour, 3 * time.Hour},
		{http.StatusBadGateway, 9 * time.Hour, 3 * time.Hour},
		{http.StatusOK, -time.Minute, -time.Minute},
	} {
		status, theirs = step.status, ours.Add(step.ahead)
		_, err := client.UserByLoginID(t.Context(), "email", "nobody@example.com", adminapi.FieldCustomAttributes)
		if (err == nil) != (step.status == http.StatusOK) {
			t.Fatalf("status %d: %v", step.status, err)
		}
		ours = ours.Add(time.Hour)
		if got := client.ServerTime().Sub(ours); got != step.want {
			t.Errorf("after status %d the server's clock is %s ahead, want %s", step.status, got, step.want)
		}
	}
}
