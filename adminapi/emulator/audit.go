package emulator

import (
	"fmt"
	"maps"
	"strings"
	"time"
)

// auditRow is one line of the audit log.
type auditRow struct {
	seq      int
	at       int64  // whole seconds since 1970: finer times are not kept
	activity string // as an event type, e.g. user.created
	userID   string // whom it concerns; "" for roles, groups and bulk changes
	data     map[string]any
}

// id is 16 hexadecimal digits, as in the real log.
func (a *auditRow) id() string { return fmt.Sprintf("%016x", a.seq) }

// activityType turns an event type into its GraphQL name:
// user.created is USER_CREATED.
func activityType(event string) string {
	return strings.ToUpper(strings.ReplaceAll(event, ".", "_"))
}

// adminEvent is the event that every successful mutation leaves, named by the
// mutation in snake case.
func adminEvent(mutation string) string { return "admin_api.mutation." + mutation + ".executed" }

// log writes a row about a user ("" for none) unless the transaction is quiet.
func (s *store) log(activity, userID string, payload map[string]any) {
	if !s.quiet {
		s.logAt(s.clock(), activity, userID, payload)
	}
}

// logAt writes a row of another time, as if it had been written then.
func (s *store) logAt(at time.Time, activity, userID string, payload map[string]any) {
	kept := len(s.audit)
	s.undo = append(s.undo, func() { s.audit = s.audit[:kept] })
	s.writeRow(at, activity, userID, payload)
}

// writeRow writes a row outside any transaction.
func (s *store) writeRow(at time.Time, activity, userID string, payload map[string]any) {
	if s.noAudit {
		return
	}
	row := auditRow{seq: len(s.audit) + 1, at: at.Unix(), activity: activity, userID: userID}
	row.data = map[string]any{
		"id": row.id(), "seq": row.seq, "type": activity, "payload": payload,
		"context": s.auditContext(&row),
	}
	s.audit = append(s.audit, row)
}

func (s *store) auditContext(row *auditRow) map[string]any {
	var user any
	if row.userID != "" {
		user = row.userID
	}
	triggeredBy := "user"
	if strings.HasPrefix(row.activity, "admin_api.") {
		triggeredBy = "admin_api"
	}
	return map[string]any{
		"app_id":              s.appID,
		"audit_context":       map[string]any{"http_url": "https://" + s.appID + ".example.com" + graphQLPath},
		"geo_location_code":   nil,
		"ip_address":          "127.0.0.1",
		"language":            "en",
		"preferred_languages": []any{},
		"timestamp":           row.at,
		"tracking_id":         trackingID(uint64(row.seq)),
		"triggered_by":        triggeredBy,
		"user_id":             user,
	}
}

// logUser writes a row whose payload is the user as it is now.
func (s *store) logUser(activity string, u *User, extra map[string]any) {
	if s.quiet {
		return
	}
	payload := map[string]any{"user": u.auditForm(s.clock())}
	maps.Copy(payload, extra)
	s.log(activity, u.ID, payload)
}

// auditForm is the user as events carry it.
func (u *User) auditForm(now time.Time) map[string]any {
	form := map[string]any{
		"id":                  u.ID,
		"created_at":          timestamp(u.CreatedAt),
		"updated_at":          timestamp(u.UpdatedAt),
		"is_anonymous":        u.anonymous(),
		"is_verified":         len(u.VerifiedClaims) > 0,
		"is_disabled":         u.disabledAt(now),
		"is_deactivated":      u.Deactivated,
		"is_anonymized":       u.Anonymized,
		"can_reauthenticate":  false,
		"standard_attributes": u.shownAttributes(),
		"custom_attributes":   u.CustomAttributes,
		"x_web3":              map[string]any{},
		"roles":               stringsOrEmpty(u.Roles),
		"groups":              stringsOrEmpty(u.Groups),
	}
	from, until := u.temporarilyDisabled(now)
	for name, t := range map[string]*time.Time{
		"last_login_at": u.LastLoginAt, "delete_at": u.DeleteAt, "anonymize_at": u.AnonymizeAt,
		"temporarily_disabled_from": from, "temporarily_disabled_until": until,
		"account_valid_from": u.AccountValidFrom, "account_valid_until": u.AccountValidUntil,
		"mfa_grace_period_end_at": u.MFAGracePeriodEndAt,
	} {
		if t != nil {
			form[name] = timestamp(*t)
		}
	}
	for name, text := range map[string]*string{"disable_reason": u.DisableReason, "delete_reason": u.DeleteReason} {
		if text != nil {
			form[name] = *text
		}
	}
	return form
}

// timestamp is RFC 3339 with as many decimals as there are, as Go's JSON writes times.
func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

func stringsOrEmpty(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}
