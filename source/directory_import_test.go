package source_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"usersync/adminapi"
	"usersync/adminapi/emulator"
	"usersync/source"
	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// What is said of a record beforehand is what importing it does.
func TestVerdictsComeTrue(t *testing.T) {
	t.Parallel()
	client, project, _ := emulatedClient(t)
	for _, key := range []string{"a", "b", "c"} {
		for _, err := range []error{project.AddRole(key, key), project.AddGroup(key, key)} {
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	project.SetCustomAttributes(map[string]emulator.CustomAttribute{"tier": {Type: "string"}, "points": {Type: "number"}})
	directory := source.NewDirectory(client, 1)
	seen := make(map[userimport.Outcome]int)
	people := 0
	rapid.Check(t, func(t *rapid.T) {
		people++
		trial := importTrial{T: t, client: client, directory: directory, project: project, number: people, seen: seen}
		trial.run()
	})
	for _, outcome := range []userimport.Outcome{userimport.Created, userimport.Updated, userimport.Conflict} {
		if people >= 100 && seen[outcome] == 0 { // fewer are drawn in short tests
			t.Errorf("no row was %s: %v", outcome, seen)
		}
	}
}

type importTrial struct {
	*rapid.T
	client    *adminapi.Client
	directory *source.Directory
	project   *emulator.Project
	number    int // of the people of the trial
	seen      map[userimport.Outcome]int
}

func (r *importTrial) run() {
	identifier := rapid.SampledFrom(userimport.Identifiers()).Draw(r.T, "identifier")
	r.create(emulator.User{Identities: []emulator.Identity{ // somebody else, whose login IDs the record may have
		emulator.EmailIdentity(r.value(userimport.Email, "other")), emulator.PhoneIdentity(r.value(userimport.Phone, "2")),
		emulator.UsernameIdentity(r.value(userimport.Username, "other")),
	}})
	r.create(r.drawUser())
	record := r.drawRecord(identifier)
	data, err := record.JSON()
	if err != nil {
		r.Fatal(err)
	}
	r.Logf("%s", data)
	classifier := &userimport.Classifier{Directory: r.directory, Identifier: identifier, Upsert: true}
	verdicts, err := classifier.Classify(r.Context(), []userimport.Item{{Record: record}})
	if err != nil {
		r.Fatal(err)
	}
	verdict := verdicts[0]
	r.Logf("%+v", verdict)
	r.seen[verdict.Outcome]++
	switch verdict.Outcome {
	case userimport.Created:
		r.created(record, verdict, identifier)
	case userimport.Updated, userimport.Unchanged:
		r.updated(record, verdict, identifier)
	case userimport.Conflict:
		if strings.Contains(verdict.Reason, "would have to change all") {
			return // Authgear's database refuses it, which the emulator has not
		}
		if verdict.User != (usersync.ID{}) {
			record = userimport.Respelled(record, r.read(verdict.User), identifier)
		}
		if detail := r.send(record, identifier, true); detail.Outcome == adminapi.ImportUpdated {
			r.Fatalf("the record in conflict was imported: %+v", detail)
		}
	default:
		r.Fatalf("the verdict is %s", verdict.Outcome)
	}
}

func (r *importTrial) created(record userimport.Record, verdict userimport.Verdict, identifier userimport.Identifier) {
	detail := r.send(verdict.Record, identifier, false)
	if detail.Outcome != adminapi.ImportInserted {
		r.Fatalf("the record was not inserted: %+v", detail)
	}
	id, err := usersync.ParseID(detail.UserID)
	if err != nil {
		r.Fatal(err)
	}
	effect := userimport.EffectAt(record, r.read(id), identifier, time.Time{})
	if len(effect.Changes) > 0 || effect.Refusal != "" {
		r.Fatalf("who was created is otherwise: %+v", effect)
	}
	for _, left := range effect.Ineffective {
		if !strings.HasSuffix(left.Field, "_verified") {
			r.Fatalf("left out is %s", left)
		}
	}
}

func (r *importTrial) updated(record userimport.Record, verdict userimport.Verdict, identifier userimport.Identifier) {
	before := r.read(verdict.User)
	expected := userimport.EffectAt(verdict.Record, before, identifier, time.Time{})
	detail := r.send(verdict.Record, identifier, true)
	if detail.Outcome != adminapi.ImportUpdated || detail.UserID != verdict.User.String() {
		r.Fatalf("the record was not imported: %+v", detail)
	}
	after := r.read(verdict.User)
	effect := userimport.EffectAt(verdict.Record, after, identifier, time.Time{})
	if len(effect.Changes) > 0 {
		r.Fatalf("still to change: %v", effect.Changes)
	}
	if want, got := withoutEffect(expected, record), withoutEffect(effect, record); !slices.Equal(want, got) {
		r.Fatalf("without effect are %v, and should be %v", got, want)
	}
	changed := fieldsOf(verdict.Differences)
	if verdict.Outcome == userimport.Unchanged && len(changed) > 0 {
		r.Fatalf("unchanged, but for %v", changed)
	}
	for f := range userimport.Settable().All() {
		if r.mayFollow(f.Name, changed, record, expected.Unreadable != "") {
			continue
		}
		only := usersync.FieldsNamed([]string{f.Name})
		if usersync.FingerprintOf(withoutSpelling(before), only) != usersync.FingerprintOf(withoutSpelling(after), only) {
			r.Fatalf("%s was %v and is %v; expected were changes of %v", f.Name, before.Get(f), after.Get(f), changed)
		}
	}
}

// withoutEffect are the fields that the effect leaves as they are, but for flags of
// login IDs that the record would remove: of another login ID they may be set
// already, by an account of an identity provider.
func withoutEffect(effect userimport.Effect, record userimport.Record) []string {
	return slices.DeleteFunc(fieldsOf(effect.Ineffective), func(field string) bool {
		value, said := record[field]
		return said && value == nil && strings.HasSuffix(field, "_verified")
	})
}

// mayFollow says whether a field may differ when these changed.
func (r *importTrial) mayFollow(field string, changed []string, record userimport.Record, unreadable bool) bool {
	loginID := slices.ContainsFunc(userimport.Identifiers(), func(kind userimport.Identifier) bool { return slices.Contains(changed, string(kind)) })
	switch field {
	case "identities", "verified_claims", "email", "phone_number", "preferred_username", "email_verified", "phone_number_verified":
		return loginID || slices.Contains(changed, field) || field == "verified_claims" && (slices.Contains(changed, "email_verified") || slices.Contains(changed, "phone_number_verified"))
	case "disabled":
		period := slices.Contains(changed, "account_valid_from") || slices.Contains(changed, "account_valid_until")
		return slices.Contains(changed, field) || period || unreadable
	case "temporarily_disabled_from", "temporarily_disabled_until":
		return slices.Contains(changed, "disabled") || unreadable && record["disabled"] != nil
	default:
		return slices.ContainsFunc(changed, func(name string) bool { return name == field || strings.HasPrefix(name, field+".") })
	}
}

// withoutSpelling is the user without the spelling in which login IDs were first given.
func withoutSpelling(user *usersync.User) *usersync.User {
	f, _ := userimport.Settable().Lookup("identities")
	var identities []any
	for _, element := range user.Get(f).([]any) {
		identity := maps.Clone(element.(map[string]any))
		if login, is := identity["login_id"].(map[string]any); is {
			login = maps.Clone(login)
			delete(login, "original_value")
			identity["login_id"] = login
		}
		identities = append(identities, identity)
	}
	copied := usersync.NewUser(user.ID)
	for f := range userimport.Settable().All() {
		copied.Set(f, user.Get(f))
	}
	copied.Set(f, identities)
	return copied
}

func fieldsOf(differences []userimport.Difference) []string {
	var names []string
	for _, d := range differences {
		names = append(names, d.Field)
	}
	return names
}

func (r *importTrial) send(record userimport.Record, identifier userimport.Identifier, upsert bool) adminapi.ImportDetail {
	data, err := record.JSON()
	if err != nil {
		r.Fatal(err)
	}
	job, err := r.client.ImportUsers(r.Context(), adminapi.ImportRequest{Identifier: string(identifier), Upsert: upsert, Records: []json.RawMessage{data}})
	if err != nil {
		r.Fatal(err)
	}
	if job, err = r.client.ImportJob(r.Context(), job.ID); err != nil {
		r.Fatal(err)
	}
	if len(job.Details) != 1 {
		r.Fatalf("the job is %+v", job)
	}
	return job.Details[0]
}

func (r *importTrial) read(id usersync.ID) *usersync.User {
	users, err := r.directory.Users(r.Context(), []usersync.ID{id})
	if err != nil || users[0] == nil {
		r.Fatalf("read %s: %v, %v", id, users, err)
	}
	return users[0]
}

func (r *importTrial) create(user emulator.User) {
	if _, err := r.project.Create(user); err != nil {
		r.Fatal(err)
	}
}
