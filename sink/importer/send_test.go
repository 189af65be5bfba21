package importer_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"usersync/adminapi"
	"usersync/sink/importer"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

type outcomes = map[userimport.Outcome]int

// Everybody is created, the first job is small, and each result says by which
// record of which job.
func TestSend(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := creates(250)
	items[3].Warnings, items[3].Notes = []string{"a warning"}, []string{"a note"}
	all := b.mustRun(t, items)
	wantOutcomes(t, all, outcomes{userimport.Created: 250})
	b.wantPeople(t, items)
	if len(b.posts) != 2 || len(b.posts[0].emails) != importer.ProbeRows {
		t.Errorf("%d jobs, the first with %d records", len(b.posts), len(b.posts[0].emails))
	}
	for row, result := range all.results {
		job := b.jobs[result.Job]
		if job == nil || job.Details[result.Index].UserID != result.User.String() || b.owners[emailOf(row)] != result.User {
			t.Errorf("row %d: the evidence is not its own: %+v", row, result)
		}
	}
	if got := fmt.Sprint(all.results[4].Details, all.results[4].Notes); got != "[a warning] [a note]" {
		t.Errorf("row 4 says %s", got)
	}
}

// Creates and updates are in jobs of their own.
func TestCreatesAndUpdatesApart(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	updates := b.updates(1000, 30)
	var items []userimport.Item
	for i, item := range creates(30) {
		items = append(items, item, updates[i])
	}
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 30, userimport.Updated: 30})
	b.wantPeople(t, items)
	for _, post := range b.posts {
		for _, email := range post.emails {
			if _, isUpdate := strings.CutPrefix(email, "person10"); post.upsert != (isUpdate && len(email) > len("person10@example.com")) {
				t.Errorf("%s was sent with upsert %v", email, post.upsert)
			}
		}
	}
}

// Bodies are filled to the byte, and never beyond.
func TestBodiesAreFull(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := creates(3)
	for i := range 40 {
		row := 4 + i
		items = append(items, itemOf(row, userimport.Record{"email": emailOf(row), "name": strings.Repeat("x", 49_000+i)}))
	}
	last := &items[len(items)-1]
	envelope := adminapi.ImportBodySize("email", false, 1, 0)
	name := adminapi.MaxImportBody - envelope - len(`{"email":"","name":""}`) - len(emailOf(last.Row))
	*last = itemOf(last.Row, userimport.Record{"email": emailOf(last.Row), "name": strings.Repeat("y", name)})
	tooLong := itemOf(last.Row+1, userimport.Record{"email": emailOf(last.Row + 1), "name": strings.Repeat("y", name+1)})
	all := b.mustRun(t, append(items, tooLong))
	wantOutcomes(t, all, outcomes{userimport.Created: len(items), userimport.Rejected: 1})
	full := 0
	for _, post := range b.posts {
		if post.bytes == adminapi.MaxImportBody {
			full++
		}
	}
	if full != 1 || len(b.posts) != 6 {
		t.Errorf("%d jobs, %d of them full to the byte", len(b.posts), full)
	}
}

// A record without the identifier kills its task. It is never sent.
func TestWithoutIdentifier(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := []userimport.Item{
		itemOf(1, userimport.Record{"email": emailOf(1)}),
		itemOf(2, userimport.Record{"email": nil}),
		itemOf(3, userimport.Record{"name": "nobody"}),
		itemOf(4, userimport.Record{"email": ""}),
	}
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 1, userimport.Rejected: 3})
	if len(b.posts) != 1 || len(b.posts[0].emails) != 1 {
		t.Errorf("sent: %+v", b.posts)
	}
}

// What has no effect on somebody new is not sent with them: Authgear would warn
// of each.
func TestNothingToRemove(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := []userimport.Item{itemOf(1, userimport.Record{"email": emailOf(1), "phone_number": nil, "email_verified": false})}
	items = append(items, b.updates(2, 1)...)
	items[1] = b.updateOf(2, items[1].User, userimport.Record{"email": emailOf(2), "phone_number": nil})
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 1, userimport.Updated: 1})
	if got := fmt.Sprint(b.posts[0].records, b.posts[1].records); got != "[map[email:person1@example.com]] [map[email:person2@example.com phone_number:<nil>]]" {
		t.Errorf("sent %s", got)
	}
}

// When all of the first job fails, nothing more is sent.
func TestFirstJobFails(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := creates(25)
	for i := range items {
		items[i] = itemOf(i+1, userimport.Record{"email": emailOf(i + 1), "name": "wrong"})
	}
	all, err := b.run(t.Context(), t, items)
	failed, is := errors.AsType[*importer.FirstJobError](err)
	if !is || failed.Rows != importer.ProbeRows || len(failed.Reasons) != 1 || !strings.Contains(failed.Reasons[0], "line 2: Authgear refused it: invalid value: name is not of the format name") {
		t.Fatalf("error %v", err)
	}
	wantOutcomes(t, all, outcomes{userimport.Failed: 10, userimport.NotSent: 15})
	if len(b.posts) != 1 {
		t.Errorf("%d jobs", len(b.posts))
	}
}

// There is nothing to stop when the first job was all.
func TestFewRowsFail(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := []userimport.Item{itemOf(1, userimport.Record{"email": emailOf(1), "name": "wrong"})}
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Failed: 1})
}

// large are rows of which three fill a body, and which Authgear refuses.
func large(n int) []userimport.Item {
	items := make([]userimport.Item, n)
	for i := range items {
		items[i] = itemOf(i+1, userimport.Record{"email": emailOf(i + 1), "name": "wrong", "nickname": strings.Repeat("x", 160_000)})
	}
	return items
}

// A first job of few rows does not say enough to stop; several do.
func TestSmallFirstJobsFail(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	wantOutcomes(t, b.mustRun(t, append(large(9), creates(40)[9:]...)), outcomes{userimport.Failed: 9, userimport.Created: 31})

	b = newBench(t)
	all, err := b.run(t.Context(), t, large(40))
	failed, is := errors.AsType[*importer.FirstJobError](err)
	if !is || failed.Rows != 12 || len(failed.Reasons) != 1 {
		t.Fatalf("error %v", err)
	}
	wantOutcomes(t, all, outcomes{userimport.Failed: 12, userimport.NotSent: 28})
}

// A user without the login ID is nobody who can sign in.
func TestIdentifierIsNoLoginID(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.after = func(_ map[string]any, detail *adminapi.ImportDetail) {
		detail.Warnings = append(detail.Warnings, "email is ignored because it is not an allowed login ID.")
	}
	all, err := b.run(t.Context(), t, creates(25))
	ignored, is := errors.AsType[*importer.LoginIDError](err)
	if !is || len(ignored.Users) != 10 {
		t.Fatalf("error %v", err)
	}
	wantOutcomes(t, all, outcomes{userimport.Failed: 10, userimport.NotSent: 15})
	if all.results[1].User != b.owners[emailOf(1)] {
		t.Error("whom to delete is not said")
	}
}

func refusal(status int, reason string, info map[string]any) mishap {
	return mishap{refuse: &adminapi.Error{Status: status, Reason: reason, Message: "refused", Info: info, NotCarriedOut: true}}
}

// The quota counts records: smaller batches are tried until not even one record
// passes. The next run goes on.
func TestQuota(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	left := 137
	b.mishap = func(_ int, p post) mishap {
		if len(p.emails) > left {
			return refusal(http.StatusTooManyRequests, adminapi.ReasonUsageLimit, map[string]any{"period": "day"})
		}
		left -= len(p.emails)
		return mishap{}
	}
	items := creates(300)
	all, err := b.run(t.Context(), t, items)
	quota, is := errors.AsType[*userimport.QuotaError](err)
	if !is || quota.Period != "day" {
		t.Fatalf("error %v", err)
	}
	wantOutcomes(t, all, outcomes{userimport.Created: 137, userimport.NotSent: 163})
	left = 1000
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 300})
	b.wantPeople(t, items)
}

// A record that makes the whole request be refused is found: by Authgear, or by a
// gateway that lets less through and says so in its own way.
func TestRequestRefused(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		refusal mishap
		outcome userimport.Outcome
		reason  string
	}{
		"malformed": {refusal(http.StatusBadRequest, "ValidationFailed", nil), userimport.Failed, "refused"},
		"too large": {refusal(http.StatusRequestEntityTooLarge, adminapi.ReasonTooLarge, nil), userimport.Rejected, "51 bytes of JSON are more"},
		"a gateway": {refusal(http.StatusRequestEntityTooLarge, "", nil), userimport.Rejected, "51 bytes of JSON are more"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.mishap = func(_ int, p post) mishap {
				for _, email := range p.emails {
					if email == emailOf(77) || email == emailOf(78) {
						return test.refusal
					}
				}
				return mishap{}
			}
			items := creates(200)
			all := b.mustRun(t, items)
			wantOutcomes(t, all, outcomes{userimport.Created: 198, test.outcome: 2})
			if !strings.Contains(all.results[77].Reason, test.reason) {
				t.Errorf("row 77: %+v", all.results[77])
			}
			if len(b.posts) > 25 {
				t.Errorf("%d requests", len(b.posts))
			}
			b.mustRun(t, items) // which can read the journal
		})
	}
}

// Credentials that are refused are nobody's row's fault.
func TestForbidden(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.mishap = func(n int, _ post) mishap {
		if n == 2 {
			return refusal(http.StatusForbidden, "", nil)
		}
		return mishap{}
	}
	items := creates(100)
	all, err := b.run(t.Context(), t, items)
	if refusal, is := errors.AsType[*adminapi.Error](err); !is || !refusal.Unauthorized() {
		t.Fatalf("error %v", err)
	}
	wantOutcomes(t, all, outcomes{userimport.Created: 10, userimport.NotSent: 90})
	wantOutcomes(t, b.mustRun(t, items), outcomes{userimport.Created: 100})
}

// What Authgear left out of a record, and what it warns of, is told.
func TestReadback(t *testing.T) {
	t.Parallel()
	for _, on := range []bool{true, false} {
		t.Run(fmt.Sprint(on), func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			b.cfg.Readback = on
			b.after = func(record map[string]any, detail *adminapi.ImportDetail) {
				if record["email"] == emailOf(1) {
					detail.Warnings = []string{"something has no effect"}
				}
			}
			items := creates(2)
			items[1] = itemOf(2, userimport.Record{"email": emailOf(2), "roles": []any{"admin", "denied"}, "nickname": "Two"})
			all := b.mustRun(t, items)
			want := map[int]string{1: "Authgear: something has no effect", 2: ""}
			if on {
				want[2] = "nickname: not as it was sent|roles: asked for admin;denied, has admin"
			}
			for row, text := range want {
				if got := strings.Join(all.results[row].Details, "|"); got != text {
					t.Errorf("row %d: details %q, want %q", row, got, text)
				}
			}
		})
	}
}

// Authgear warns where it leaves an account as it is because it is so already.
func TestNoWarningsOfWhatIsSo(t *testing.T) {
	t.Parallel()
	const transition = "invalid account status transition: "
	for warning, want := range map[string]string{
		"disabled -> disabled":                       "",
		"normal -> normal":                           "",
		"outside_valid_period -> normal":             "",
		"disabled -> scheduled_deletion_deactivated": "Authgear: " + transition + "disabled -> scheduled_deletion_deactivated",
	} {
		b := newBench(t)
		b.after = func(_ map[string]any, detail *adminapi.ImportDetail) {
			detail.Warnings = []string{transition + warning}
		}
		if got := strings.Join(b.mustRun(t, creates(1)).results[1].Details, "|"); got != want {
			t.Errorf("%s: details %q, want %q", warning, got, want)
		}
	}
}

// Somebody who came to exist since the look-up is not ours, and left alone.
func TestCameToExist(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := creates(20)
	other := b.create(emailOf(5), map[string]any{"name": "Somebody else"})
	all := b.mustRun(t, items)
	wantOutcomes(t, all, outcomes{userimport.Created: 19, userimport.Conflict: 1})
	if result := all.results[5]; result.User != other || !strings.Contains(result.Reason, "run it again") || len(result.Details) != 0 {
		t.Errorf("row 5: %+v", result)
	}
	if b.users[other].Get(field("name")) != "Somebody else" {
		t.Error("the user was changed")
	}
}

// An update that meets nobody, or somebody else, says so.
func TestUpdateOfSomebodyElse(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	items := b.updates(1, 2)
	delete(b.owners, emailOf(1))
	stranger := b.create("stranger@example.com", nil)
	b.owners[emailOf(2)] = stranger
	all := b.mustRun(t, items)
	wantOutcomes(t, all, outcomes{userimport.Created: 1, userimport.Updated: 1})
	for row, want := range map[int]string{1: "was gone by then", 2: "another user"} {
		if result := all.results[row]; len(result.Details) == 0 || !strings.Contains(result.Details[0], want) {
			t.Errorf("row %d: %+v", row, result)
		}
	}
	if all.results[2].User != stranger || (all.results[1].User == usersync.ID{}) {
		t.Error("who was changed is not said")
	}
}
