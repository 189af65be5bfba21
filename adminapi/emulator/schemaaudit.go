package emulator

import (
	"time"

	"github.com/graphql-go/graphql"
)

func newAuditLogType(node *graphql.Interface, user *graphql.Object) *graphql.Object {
	return graphql.NewObject(graphql.ObjectConfig{
		Name: "AuditLog", Interfaces: []*graphql.Interface{node},
		Fields: graphql.Fields{
			"id":           show(nonNull(graphql.ID), func(a *auditRow) any { return nodeID("AuditLog", a.id()) }),
			"createdAt":    show(nonNull(graphql.DateTime), func(a *auditRow) any { return time.Unix(a.at, 0).UTC() }),
			"activityType": show(nonNull(newActivityType()), func(a *auditRow) any { return a.activity }),
			"data":         show(jsonScalar("AuditLogData"), func(a *auditRow) any { return a.data }),
			"ipAddress":    show(graphql.String, func(*auditRow) any { return "127.0.0.1" }),
			"clientID":     show(graphql.String, func(*auditRow) any { return "" }),
			"userAgent":    show(graphql.String, func(*auditRow) any { return "" }),
			// The user as of now, not as of then: null once deleted.
			"user": &graphql.Field{Type: user, Resolve: func(p graphql.ResolveParams) (any, error) {
				if u := sessionOf(p.Context).user(p.Source.(*auditRow).userID); u != nil {
					return u, nil
				}
				return nil, nil
			}},
		},
	})
}

func newActivityType() *graphql.Enum {
	values := map[string]any{}
	for _, event := range auditActivities() {
		values[activityType(event)] = event
	}
	return enum("AuditLogActivityType", values)
}

func auditLogsField(t *schemaTypes) *graphql.Field {
	activity := t.audit.Fields()["activityType"].Type.(*graphql.NonNull).OfType
	return &graphql.Field{
		Type: t.audits,
		Args: connectionArgs(map[string]graphql.Input{
			"rangeFrom": graphql.DateTime, "rangeTo": graphql.DateTime,
			"activityTypes": listOf(activity), "userIDs": listOf(graphql.ID),
			"emailAddresses": listOf(graphql.String), "phoneNumbers": listOf(graphql.String),
			"sortDirection": t.sortDirection,
		}),
		Resolve: func(p graphql.ResolveParams) (any, error) {
			page := readPageArgs(p.Args)
			q, err := readAuditQuery(p.Args)
			if err != nil {
				return nil, err
			}
			if q.offset, q.limit, err = page.window(); err != nil {
				return nil, err
			}
			var rows []auditRow
			var total int
			sessionOf(p.Context).search(func(s *store) { rows, total = s.auditPage(q) })
			c := &connection{edges: make([]edge, len(rows)), total: func() any { return total }}
			for i := range rows {
				c.edges[i] = edge{cursor: offsetCursor(q.offset + i), node: &rows[i]}
			}
			c.previous, c.next = page.hasMore(len(rows))
			return c, nil
		},
	}
}

func readAuditQuery(args map[string]any) (auditQuery, error) {
	users, err := idsOf(args["userIDs"], "User", "invalid user IDs")
	if err != nil {
		return auditQuery{}, err
	}
	return auditQuery{
		from: timeArg(args["rangeFrom"]), to: timeArg(args["rangeTo"]),
		activities: stringsOf(args["activityTypes"]), users: users,
		anyOfNoOne: len(stringsOf(args["emailAddresses"]))+len(stringsOf(args["phoneNumbers"])) > 0,
		ascending:  args["sortDirection"] == "ASC",
	}, nil
}

// timeArg is nil unless the argument is a time.
func timeArg(arg any) *time.Time {
	t, ok := arg.(time.Time)
	if !ok {
		return nil
	}
	return &t
}
