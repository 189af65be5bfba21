package userimport_test

import (
	"strings"
	"testing"
	"time"

	"usersync/sync/userimport"
)

// Authgear shows accounts as disabled that are so for a time, or outside of their
// valid period. An export says so, and imported as it is, it must not lock them out
// for good.
func TestWhoIsDisabledInAnExport(t *testing.T) {
	t.Parallel()
	const always = `"disabled":true`
	columns := []string{"sub", "email", "disabled", "disable_reason", "temporarily_disabled_until", "account_valid_from", "account_valid_until"}
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	for name, test := range map[string]struct {
		byHand bool
		cells  string // of disabled and what follows it
		keeps  bool
		says   string
	}{
		"by decision":             {cells: "true,,,,", keeps: true},
		"within the period":       {cells: "true,,,2026-01-01T00:00:00Z,2027-01-01T00:00:00Z", keeps: true},
		"for a reason, and over":  {cells: "true,fraud,,,2021-01-01T00:00:00Z", keeps: true},
		"over":                    {cells: "true,,,,2021-01-01T00:00:00Z"},
		"not begun":               {cells: "true,,,2030-01-01T00:00:00Z,", says: "not valid before 2030-01-01T00:00:00Z"},
		"for a time":              {cells: "true,fraud,2026-12-01T00:00:00Z,,", says: "disabled until 2026-12-01T00:00:00Z"},
		"for a time that is over": {cells: "true,,2026-11-01T00:00:00Z,,", keeps: true},
		"by hand":                 {byHand: true, cells: "true,,,,2021-01-01T00:00:00Z", keeps: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			header := columns
			if test.byHand {
				header = []string{"nickname", "email", "disabled", "name", "website", "account_valid_from", "account_valid_until"}
			}
			mapping, err := userimport.NewMapping(header, userimport.MappingConfig{Identifier: userimport.Email, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			row := userimport.Row{Number: 1, Line: 2}
			for cell := range strings.SplitSeq("87c11f44-3d55-4a1a-9f6e-0123456789ab,ann@example.com,"+test.cells, ",") {
				row.Values = append(row.Values, userimport.Value{Text: cell})
			}
			record, problems := mapping.Record(row)
			if got := strings.Contains(jsonOf(t, record), always); got != test.keeps {
				t.Errorf("%s", jsonOf(t, record))
			}
			var said []string
			for _, problem := range problems {
				said = append(said, problem.Text())
				if !problem.Warning {
					t.Errorf("refused: %s", problem.Text())
				}
			}
			if text := strings.Join(said, "; "); !strings.Contains(text, test.says) || (text != "") != (test.says != "") {
				t.Errorf("says %q", text)
			}
		})
	}
}
