package emulator

import "github.com/graphql-go/graphql"

// statusMutations change whether an account may be used.
func statusMutations(t *schemaTypes) []mutation {
	id := nonNull(graphql.ID)
	user := map[string]graphql.Output{"user": nonNull(t.user)}
	return []mutation{
		{
			name: "setDisabledStatus", output: user,
			input: map[string]graphql.Input{
				"userID": id, "isDisabled": nonNull(graphql.Boolean), "reason": graphql.String,
				"temporarilyDisabledFrom": graphql.DateTime, "temporarilyDisabledUntil": graphql.DateTime,
			},
			run: onUser("set_disabled_status", func(s *store, id string, in input) (*User, error) {
				if in["isDisabled"] != true {
					return s.reenable(id)
				}
				return s.disable(id, in.optional("reason"), in.time("temporarilyDisabledFrom"), in.time("temporarilyDisabledUntil"))
			}),
		},
		{
			name: "scheduleAccountDeletion", output: user,
			input: map[string]graphql.Input{"userID": id, "reason": graphql.String},
			run: onUser("schedule_account_deletion", func(s *store, id string, in input) (*User, error) {
				return s.scheduleDeletion(id, in.text("reason"))
			}),
		},
		{
			name: "unscheduleAccountDeletion", output: user,
			input: map[string]graphql.Input{"userID": id},
			run: onUser("unschedule_account_deletion", func(s *store, id string, _ input) (*User, error) {
				return s.unscheduleDeletion(id)
			}),
		},
		{
			name: "setAccountValidPeriod", output: user,
			input: map[string]graphql.Input{
				"userID": id, "accountValidFrom": graphql.DateTime, "accountValidUntil": graphql.DateTime,
			},
			run: onUser("set_account_valid_period", func(s *store, id string, in input) (*User, error) {
				return s.setValidPeriod(id, in.time("accountValidFrom"), in.time("accountValidUntil"))
			}),
		},
	}
}
