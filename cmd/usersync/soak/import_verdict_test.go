package soak_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"usersync/sync/userimport"
)

// A verdict is what must become of a row by who is there.
type verdict struct {
	outcome userimport.Outcome
	before  *person // whom an update is about
	after   *person // who a person created or updated is
	// again says that a row is sent although it changes nothing that can be seen.
	again bool
}

// verdicts are those of all rows, none of which has been imported yet.
func (m *model) verdicts() []verdict {
	repeated := m.repeated()
	verdicts := make([]verdict, len(m.rows))
	for i, row := range m.rows {
		verdicts[i] = m.verdict(row, repeated)
	}
	return verdicts
}

func (m *model) verdict(row []cell, repeated map[string]bool) verdict {
	said, right := m.said(row)
	for field, value := range said {
		if id, is := value.(loginID); is && repeated[field+" "+id.normal] {
			right = false
		}
	}
	if !right {
		return verdict{outcome: userimport.Rejected}
	}
	identifier, _ := said[string(m.identifier)].(loginID)
	matched := m.holders(string(m.identifier), identifier.normal)
	if len(matched) > 1 {
		return verdict{outcome: userimport.Conflict}
	}
	for field, value := range said {
		if id, is := value.(loginID); is {
			for _, holder := range m.holders(field, id.normal) {
				if !slices.Contains(matched, holder) {
					return verdict{outcome: userimport.Conflict}
				}
			}
		}
	}
	switch {
	case len(matched) == 0 && said["custom_attributes.tier"] == tierless:
		return verdict{outcome: userimport.Failed}
	case len(matched) == 0:
		return verdict{outcome: userimport.Created, after: created(said)}
	case !m.upsert:
		return verdict{outcome: userimport.Skipped, before: matched[0]}
	default:
		return m.update(said, matched[0])
	}
}

func (m *model) update(said map[string]any, who *person) verdict {
	after := who.updated(said, m.identifier)
	_, from := said["account_valid_from"]
	_, until := said["account_valid_until"]
	switch {
	case m.identifier == userimport.Email && who.OAuth != "" && who.OAuth == who.Logins["email"],
		(from && after.From != who.From || until && after.Until != who.Until) && after.From != "" && after.Until != "" && after.From >= after.Until:
		return verdict{outcome: userimport.Conflict, before: who}
	case said["custom_attributes.tier"] == tierless:
		return verdict{outcome: userimport.Failed, before: who}
	}
	_, factor := said["mfa.email"]
	_, totp := said["mfa.totp.secret"]
	// What the project does not know is left out each time.
	again := factor || totp || said["custom_attributes.ghost"] != nil
	v := verdict{outcome: userimport.Updated, before: who, after: after, again: again}
	if !v.again && after.String() == who.String() {
		// Whether an account is disabled besides being shown so outside of its
		// valid period, Authgear does not tell; to be disabled is as it reads.
		v.again = said["disabled"] == false && !who.Scheduled && who.From == notYet
		if !v.again {
			v.outcome = userimport.Unchanged
		}
	}
	return v
}

func (m *model) holders(kind, value string) []*person {
	var holders []*person
	for _, p := range m.people {
		if p.holds(kind, value) {
			holders = append(holders, p)
		}
	}
	return holders
}

// String is all of a person that must be so.
func (p *person) String() string {
	if p == nil {
		return "nobody"
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// carry out what rows came to, and say which of them cannot have.
func (m *model) carry(results []userimport.Result) error {
	left := make(map[int]bool)
	verdicts := m.verdicts()
	for i, result := range results {
		if verdicts[i].outcome != result.Outcome {
			left[i] = true
			continue
		}
		m.apply(verdicts[i], result)
	}
	// A run after an earlier one that stopped finds what that one has changed:
	// what stood in the way may be gone.
	verdicts = m.verdicts()
	for i := range left {
		if err := m.permits(i, verdicts[i], results[i]); err != nil {
			return err
		}
		m.apply(verdicts[i], results[i])
	}
	return nil
}

// permits says why a row cannot have come to its outcome.
func (m *model) permits(row int, v verdict, result userimport.Result) error {
	if m.isStranger(row, v, result) || result.Outcome == v.outcome || isKiller(result) && (m.deadly == row || m.faults.TaskPanics > 0) {
		return nil
	}
	return fmt.Errorf("row %d is %s (%s; %v), and should be %s: %s, %s", row+1, result.Outcome, result.Reason, result.Details, v.outcome, m.object(m.rows[row]), v.before)
}

// isStranger says whether a row can have come to its outcome because a stranger
// came in between.
func (m *model) isStranger(row int, v verdict, result userimport.Result) bool {
	stranger := m.came[row]
	switch {
	case stranger == nil:
		return false
	case result.Outcome == userimport.Created: // who has all that the row says may have come of it
		return result.User.String() == stranger.ID && v.outcome == userimport.Unchanged
	default:
		return result.Outcome == userimport.Conflict || result.Outcome == userimport.Failed
	}
}

// isKiller says whether a row is said to kill its task.
func isKiller(result userimport.Result) bool {
	return result.Outcome == userimport.Rejected && strings.HasPrefix(result.Reason, "Authgear's work on it ended")
}

// apply makes the person that a row is about what the row says.
func (m *model) apply(v verdict, result userimport.Result) {
	switch {
	case result.Outcome == userimport.Created && v.before != nil: // it is a stranger's
	case isKiller(result) && v.after != nil && m.faults.TaskPanics > 0:
		m.unsure = append(m.unsure, v)
	case result.Outcome != userimport.Created && result.Outcome != userimport.Updated:
	case v.before != nil:
		v.after.ID = v.before.ID
		*v.before = *v.after
	default:
		v.after.ID = result.User.String()
		m.people = append(m.people, v.after)
	}
}

// mayBe says whether a person is found to be what an unsure row makes of wanted,
// who is nil for somebody new, and takes it to be so.
func (m *model) mayBe(found, wanted *person) bool {
	for _, v := range m.unsure {
		v.after.ID = found.ID
		switch {
		case v.before != wanted || v.after.String() != found.String():
			continue
		case wanted == nil:
			m.people = append(m.people, v.after)
		default:
			*wanted = *v.after
		}
		return true
	}
	return false
}
