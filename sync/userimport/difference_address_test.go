package userimport_test

import (
	"maps"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"usersync/sync/userimport"
)

// Whatever a row says of an address and whatever the user has: what is sent leaves
// the user, whose address Authgear replaces as a whole, with the parts that the row
// says and the others as they were; and then the row has nothing more to change,
// whether it is compared as it is, or as it was sent.
func TestAddressesArePatched(t *testing.T) {
	t.Parallel()
	parts := []string{"country", "locality", "region"}
	rapid.Check(t, func(rt *rapid.T) {
		had, said, want := make(fields), make(fields), make(fields)
		for _, part := range parts {
			if rapid.Bool().Draw(rt, "has "+part) {
				had[part] = rapid.SampledFrom([]string{"A", "B"}).Draw(rt, part)
			}
		}
		maps.Copy(want, had)
		for _, part := range parts {
			switch rapid.IntRange(0, 2).Draw(rt, "says "+part) {
			case 0:
				said[part] = nil
				delete(want, part)
			case 1:
				said[part] = rapid.SampledFrom([]string{"A", "B"}).Draw(rt, part)
				want[part] = said[part]
			}
		}
		row := userimport.Record{"email": "ann@example.com", "address": said}
		sent := userimport.Respelled(row, userOf(t, ann, fields{"address": had}), userimport.Email)
		became := had
		if address, is := recordOf(t, jsonOf(t, sent))["address"]; is {
			became, _ = address.(fields)
		}
		if diff := cmp.Diff(want, became); diff != "" && len(want)+len(became) > 0 {
			rt.Fatalf("sent is %s, by which the address is otherwise: %s", jsonOf(t, sent), diff)
		}
		after := userOf(t, ann, fields{"address": became})
		for _, record := range []userimport.Record{row, sent, userimport.Respelled(row, after, userimport.Email)} {
			if left := userimport.EffectAt(record, after, userimport.Email, time.Time{}).Changes; len(left) > 0 {
				rt.Fatalf("%s has still to change %v", jsonOf(t, record), texts(left))
			}
		}
		before := userOf(t, ann, fields{"address": had})
		if again := userimport.Respelled(sent, before, userimport.Email); jsonOf(t, again) != jsonOf(t, sent) {
			rt.Fatalf("sent is %s, and if that is lost %s", jsonOf(t, sent), jsonOf(t, again))
		}
	})
}
