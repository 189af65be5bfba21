package adminapi

import (
	"fmt"
	"strings"
	"sync"
)

// operation is a GraphQL operation: its name, which errors and logs carry and
// the server's own logs show, and its document.
type operation struct {
	name     string
	document string
}

// An Operation is a GraphQL operation that a [Client] sends of its own accord.
type Operation struct {
	Name     string // such as "UsersyncUsers"
	Document string // in GraphQL, with nothing in it but that operation
}

// Operations are all that a [Client] sends, each with all that it may ask for:
// what is to be valid on a server that it can work with. What [Client.Execute]
// is given is not among them.
func Operations() []Operation {
	var made documents
	made.made = map[documentKey]string{}
	var all []Operation
	for _, op := range []operation{
		made.users(AllUserFields, true), made.nodes(AllUserFields), made.byAttribute(AllUserFields),
		byAttributesOperation(2, AllUserFields), made.byLoginID(AllUserFields),
		effectiveRolesOperation(), totalCountOperation(), rolesOperation(), groupsOperation(), auditLogsOperation(),
	} {
		all = append(all, Operation{Name: op.name, Document: op.document})
	}
	return all
}

// The documents on users, with %s where the selection on a user goes.
const (
	usersDocument = `query UsersyncUsers($first: Int, $after: String, $sortBy: UserSortBy, $sortDirection: SortDirection, $searchKeyword: String, $roleKeys: [String!], $groupKeys: [String!]) {
  users(first: $first, after: $after, sortBy: $sortBy, sortDirection: $sortDirection, searchKeyword: $searchKeyword, roleKeys: $roleKeys, groupKeys: $groupKeys) {
    pageInfo { hasNextPage endCursor }
    edges { cursor node { %s } }
  }
}`
	nodesDocument = `query UsersyncNodes($ids: [ID!]!) {
  nodes(ids: $ids) { __typename id ... on User { %s } }
}`
	byAttributeDocument = `query UsersyncUsersByAttribute($attribute: String!, $value: String!) {
  getUsersByStandardAttribute(attributeName: $attribute, attributeValue: $value) { %s }
}`
	byLoginIDDocument = `query UsersyncUserByLoginID($key: String!, $value: String!) {
  getUserByLoginID(loginIDKey: $key, loginIDValue: $value) { %s }
}`
)

// byAttributesOperation asks for the users of several values at once, under the
// aliases a0, a1, … in the order of the values v0, v1, …
func byAttributesOperation(values int, fields UserFields) operation {
	var variables, aliases strings.Builder
	for i := range values {
		fmt.Fprintf(&variables, ", $v%d: String!", i)
		fmt.Fprintf(&aliases, "  a%d: getUsersByStandardAttribute(attributeName: $attribute, attributeValue: $v%d) { ...user }\n", i, i)
	}
	return operation{"UsersyncUsersByAttributes", fmt.Sprintf("query UsersyncUsersByAttributes($attribute: String!%s) {\n%s}\nfragment user on User { %s }",
		variables.String(), aliases.String(), fields.selection())}
}

func rolesOperation() operation {
	return operation{"UsersyncRoles", `query UsersyncRoles($first: Int, $after: String) {
  roles(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node { id key name description createdAt updatedAt } }
  }
}`}
}

func groupsOperation() operation {
	return operation{"UsersyncGroups", `query UsersyncGroups($first: Int, $after: String) {
  groups(first: $first, after: $after) {
    pageInfo { hasNextPage endCursor }
    edges { node { id key name description createdAt updatedAt } }
  }
}`}
}

func auditLogsOperation() operation {
	return operation{"UsersyncAuditLogs", `query UsersyncAuditLogs($first: Int, $after: String, $rangeFrom: DateTime, $rangeTo: DateTime, $activityTypes: [AuditLogActivityType!], $sortDirection: SortDirection) {
  auditLogs(first: $first, after: $after, rangeFrom: $rangeFrom, rangeTo: $rangeTo, activityTypes: $activityTypes, sortDirection: $sortDirection) {
    totalCount
    edges { node { id createdAt activityType data user { id } } }
  }
}`}
}

// totalCountOperation asks for a page of nobody, which spares the server the
// loading of users.
func totalCountOperation() operation {
	return operation{"UsersyncTotalCount", `query UsersyncTotalCount {
  users(first: 0) { totalCount }
}`}
}

// documents keeps the documents that were made, one for each operation and set
// of fields, so that a sweep does not build the same text for every page.
type documents struct {
	mu   sync.Mutex
	made map[documentKey]string
}

type documentKey struct {
	template string
	fields   UserFields
}

func (d *documents) users(fields UserFields, totalCount bool) operation {
	template := usersDocument
	if totalCount {
		template = strings.Replace(template, "pageInfo", "totalCount\n    pageInfo", 1)
	}
	return operation{"UsersyncUsers", d.document(template, fields)}
}

func (d *documents) nodes(fields UserFields) operation {
	return operation{"UsersyncNodes", d.document(nodesDocument, fields)}
}

func (d *documents) byAttribute(fields UserFields) operation {
	return operation{"UsersyncUsersByAttribute", d.document(byAttributeDocument, fields)}
}

func (d *documents) byLoginID(fields UserFields) operation {
	return operation{"UsersyncUserByLoginID", d.document(byLoginIDDocument, fields)}
}

func (d *documents) document(template string, fields UserFields) string {
	d.mu.Lock()
	defer d.mu.Unlock()
	key := documentKey{template, fields}
	made, ok := d.made[key]
	if !ok {
		made = fmt.Sprintf(template, fields.selection())
		d.made[key] = made
	}
	return made
}
