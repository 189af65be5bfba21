package source

import (
	"fmt"
	"time"

	"usersync/adminapi"
	usersync "usersync/sync"
)

// note takes in whom rows name. A row that leaves open whom it concerns makes the
// log unfit, unless everybody was read since.
func (r *auditReading) note(rows []adminapi.AuditLogEntry) error {
	for i := range rows {
		if err := r.noteRow(&rows[i]); err != nil && !r.settles(rows[i].CreatedAt) {
			return err
		}
	}
	return nil
}

// settles says of the second of a row that everybody was read since.
func (r *auditReading) settles(at time.Time) bool { return at.Before(r.settled) }

// noteRow takes in whom a row names, if these are all whom it concerns.
func (r *auditReading) noteRow(row *adminapi.AuditLogEntry) error {
	switch r.concerns[row.ActivityType] {
	case ofNobody:
		return nil
	case ofItsUsers:
	case ofAnybody:
		return unfitError(fmt.Sprintf("the audit log has %s, which may concern anybody", row.ActivityType))
	default:
		return unfitError(fmt.Sprintf("the audit log has %q, which this program does not know", row.ActivityType))
	}
	named := named(row)
	if len(named) == 0 {
		return unfitError(fmt.Sprintf("the audit log has %s and does not say of whom", row.ActivityType))
	}
	for _, text := range named {
		id, err := usersync.ParseID(text)
		if err != nil {
			return unfitError(fmt.Sprintf("the audit log has %s with an id that is none", row.ActivityType))
		}
		r.users[id] = struct{}{}
	}
	return nil
}

// named are the ids of users that a row names, in all the places in which
// Authgear was seen, or read in its source, to put them. Some of them repeat.
func named(row *adminapi.AuditLogEntry) []string {
	about := object(row.Data["context"])
	payload := object(row.Data["payload"])
	var ids []string
	for _, value := range []any{
		row.UserID,
		about["user_id"],
		object(payload["user"])["id"],
		object(payload["anonymous_user"])["id"], // who was promoted, and is gone
		payload["user_id"],
	} {
		if id, isText := value.(string); isText && id != "" {
			ids = append(ids, id)
		}
	}
	for _, key := range []string{"user_ids", "role_user_ids", "group_user_ids"} {
		list, _ := payload[key].([]any)
		for _, value := range list {
			id, _ := value.(string)
			ids = append(ids, id) // what is no id must be noticed
		}
	}
	return ids
}

// object is nil, of which any key can be asked, for what is none.
func object(value any) map[string]any {
	o, _ := value.(map[string]any)
	return o
}
