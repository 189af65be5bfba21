package userimport_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"usersync/sync/userimport"
)

// Whatever stands in a row, its record has the identifier or problems, can be
// written, and shows no secret.
func TestAnyRow(t *testing.T) {
	t.Parallel()
	header, example := userimport.Template(userimport.Email)
	header = append(header, "address", "custom_attributes", "password", "mfa")
	example = append(example, `{"country":"HK"}`, `{"a":[1,null,{"b":"c"}]}`, `{"password_hash":"x","type":"y"}`, `{"totp":{"secret":"z"}}`)
	cellOf := rapid.OneOf(rapid.SampledFrom(append(example, "", " ", "null", "[]", "{}", "+", "@", "--")), rapid.String(), rapid.StringMatching(`[+0-9()@./: -]{0,20}`))
	values := rapid.Custom(func(rt *rapid.T) userimport.Value {
		text := cellOf.Draw(rt, "cell")
		switch rapid.IntRange(0, 3).Draw(rt, "kind") {
		case 0:
			if json.Valid([]byte(text)) {
				return userimport.Value{JSON: json.RawMessage(text)}
			}
		case 1:
			return userimport.Value{Absent: true}
		}
		return userimport.Value{Text: text}
	})
	project := userimport.Project{Roles: []string{"editor"}, CustomAttributes: map[string]string{"a": "array", "member_id": "string"}}
	rapid.Check(t, func(rt *rapid.T) {
		mapping, err := userimport.NewMapping(header, userimport.MappingConfig{
			Identifier:    rapid.SampledFrom(userimport.Identifiers()).Draw(rt, "identifier"),
			Empty:         rapid.SampledFrom([]userimport.EmptyRule{userimport.EmptyKeep, userimport.EmptyNull, userimport.EmptyError}).Draw(rt, "empty"),
			DefaultRegion: rapid.SampledFrom([]string{"", "HK", "US"}).Draw(rt, "region"),
			Ignore:        []string{},
		})
		if err != nil {
			rt.Fatal(err)
		}
		if rapid.Bool().Draw(rt, "known") {
			project.AllowUnknown = rapid.Bool().Draw(rt, "allowed")
			mapping.Know(project)
		}
		row := userimport.Row{Number: 1, Line: 2, Values: rapid.SliceOfN(values, 0, len(header)+2).Draw(rt, "values")}
		record, problems := mapping.Record(row)
		written, err := record.JSON()
		if err != nil {
			rt.Fatalf("the record cannot be written: %v", err)
		}
		if !userimport.Rejects(problems) {
			checkSendable(rt, recordOf(t, string(written)))
		}
		for _, problem := range problems {
			if problem.Rule == "" || problem.Row != 1 || problem.Line != 2 {
				rt.Errorf("a problem that says nothing: %+v", problem)
			}
			if strings.HasPrefix(problem.Column, "password") || strings.HasPrefix(problem.Column, "mfa") {
				if problem.Value != "" {
					rt.Errorf("a secret is shown: %+v", problem)
				}
			}
		}
		again, _ := mapping.Record(row)
		first, _ := record.JSON()
		second, _ := again.JSON()
		if string(first) != string(second) {
			rt.Errorf("the same row became %s and %s", first, second)
		}
	})
}

// checkSendable asks what Authgear's schema asks of every record.
func checkSendable(rt *rapid.T, record userimport.Record) {
	identified := false
	for _, kind := range userimport.Identifiers() {
		identified = identified || record.LoginID(kind) != ""
	}
	if !identified {
		rt.Errorf("nobody is meant: %v", record)
	}
	for _, name := range []string{"email_verified", "phone_number_verified", "disabled"} {
		if value, there := record[name]; there {
			if _, isBool := value.(bool); !isBool {
				rt.Errorf("%s is %v", name, value)
			}
		}
	}
	for _, name := range []string{"custom_attributes", "password", "mfa"} {
		if value, there := record[name]; there {
			if object, isObject := value.(map[string]any); !isObject || len(object) == 0 {
				rt.Errorf("%s is %v", name, value)
			}
		}
	}
	for _, name := range []string{"account_valid_from", "account_valid_until"} {
		if value, there := record[name]; there && value == nil {
			rt.Errorf("%s is null", name)
		}
	}
	address, _ := record["address"].(map[string]any)
	for part, value := range address {
		if value == nil || value == "" {
			rt.Errorf("address.%s is %v", part, value)
		}
	}
	if password, there := record["password"].(map[string]any); there && (password["type"] != "bcrypt" || password["password_hash"] == nil) {
		rt.Errorf("the password is %v", password)
	}
	for _, name := range []string{"roles", "groups"} {
		if value, there := record[name]; there {
			if _, isList := value.([]any); !isList {
				rt.Errorf("%s is %v", name, value)
			}
		}
	}
}
