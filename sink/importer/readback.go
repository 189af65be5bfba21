package importer

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	usersync "usersync/sync"
	"usersync/sync/userimport"
)

// readBack compares the users that a job made or changed with what was sent, and
// adds what Authgear left out to the details.
func (im *Importer) readBack(ctx context.Context, rows []*row, results []userimport.Result) error {
	var ids []usersync.ID
	for _, result := range results {
		if isThere(result) {
			ids = append(ids, result.User)
		}
	}
	at := im.serverTime()
	users, err := im.users(ctx, ids)
	if err != nil {
		return fmt.Errorf("read back %d users: %w", len(ids), err)
	}
	for i := range results {
		if !isThere(results[i]) {
			continue
		}
		user := users[results[i].User]
		if user == nil {
			results[i].Details = append(results[i].Details, "when it was read back, the user was not there")
			continue
		}
		record := rows[i].item.Record
		if rows[i].item.Update {
			record = userimport.Respelled(record, user, im.cfg.Identifier)
		}
		effect := userimport.EffectAt(record, user, im.cfg.Identifier, at)
		results[i].Details = append(results[i].Details, missing(effect.Missing())...)
	}
	return nil
}

func isThere(result userimport.Result) bool {
	return result.Outcome == userimport.Created || result.Outcome == userimport.Updated
}

// missing says what a user does not have although it was sent. Values are only
// said of what is nobody's: the text is kept in the journal.
func missing(differences []userimport.Difference) []string {
	var texts []string
	for _, d := range differences {
		switch d.Field {
		case "roles", "groups", "disabled", "email_verified", "phone_number_verified", "account_valid_from", "account_valid_until":
			texts = append(texts, fmt.Sprintf("%s: asked for %s, has %s", d.Field, plain(d.New), plain(d.Old)))
		default:
			texts = append(texts, d.Field+": not as it was sent")
		}
	}
	return texts
}

// plain is a value in a few words.
func plain(value any) string {
	switch v := value.(type) {
	case nil:
		return "none"
	case string:
		return v
	case []string:
		return plainList(v)
	case []any:
		texts := make([]string, len(v))
		for i, element := range v {
			texts[i] = plain(element)
		}
		return plainList(texts)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "something else"
	}
	return string(text)
}

func plainList(texts []string) string {
	if len(texts) == 0 {
		return "none"
	}
	return strings.Join(texts, ";")
}
