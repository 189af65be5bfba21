package importer

import (
	"encoding/json"
	"strings"

	"usersync/adminapi"
)

// explain says why Authgear refused a record, in a line without any value of it:
// the line is kept in the journal, and the row itself stands beside it in the
// results.
func explain(refusals ...adminapi.ImportError) string {
	if len(refusals) == 0 {
		return "Authgear refused it and did not say why"
	}
	parts := make([]string, len(refusals))
	for i, refusal := range refusals {
		parts[i] = explainOne(refusal)
	}
	return "Authgear refused it: " + strings.Join(parts, "; ")
}

// refusalInfo is what is taken from the details of a refusal. Those of a
// validation say where it failed; the value itself, which they quote, is left.
type refusalInfo struct {
	Causes []struct {
		Location string `json:"location"`
		Kind     string `json:"kind"`
		Details  struct {
			Expected json.RawMessage `json:"expected"` // what may stand there, from the schema
			Format   string          `json:"format"`
			Missing  []string        `json:"missing"`
			Reason   string          `json:"reason"` // why a login ID is blocked, in a word
		} `json:"details"`
	} `json:"causes"`
	Cause struct {
		Kind string `json:"kind"`
	} `json:"cause"`
	LoginIDType string   `json:"LoginIDTypeIncoming"`
	Keys        []string `json:"keys"` // of roles or groups
}

func explainOne(refusal adminapi.ImportError) string {
	var info refusalInfo
	if len(refusal.Info) > 0 && json.Unmarshal(refusal.Info, &info) != nil {
		info = refusalInfo{}
	}
	var facts []string
	for _, cause := range info.Causes {
		fact := strings.ReplaceAll(strings.TrimPrefix(cause.Location, "/"), "/", ".")
		switch {
		case len(cause.Details.Missing) > 0:
			fact += " lacks " + strings.Join(cause.Details.Missing, ", ")
		case cause.Details.Format != "":
			fact += " is not of the format " + cause.Details.Format
		case cause.Kind == "" && fact != "":
			fact += " is not known"
		case isWord(cause.Details.Reason):
			fact += " " + cause.Kind + " (" + cause.Details.Reason + ")"
		case len(cause.Details.Expected) > 0:
			fact += " must be (" + cause.Kind + ") " + string(cause.Details.Expected)
		default:
			fact += " " + cause.Kind
		}
		facts = append(facts, strings.TrimSpace(fact))
	}
	switch {
	case info.Cause.Kind == "DuplicatedIdentity" && info.LoginIDType != "":
		facts = append(facts, "another user has this "+info.LoginIDType)
	case info.Cause.Kind != "":
		facts = append(facts, info.Cause.Kind)
	case len(info.Keys) > 0:
		facts = append(facts, strings.Join(info.Keys, ", "))
	}
	text := refusal.Message
	if text == "" {
		text = refusal.Reason
	}
	if len(facts) > 0 {
		text += ": " + strings.Join(facts, ", ")
	}
	return text
}

// isWord tells the name of a reason from a text, which might quote a value.
func isWord(text string) bool {
	return text != "" && !strings.ContainsFunc(text, func(r rune) bool {
		return (r < 'A' || r > 'Z') && (r < 'a' || r > 'z')
	})
}
