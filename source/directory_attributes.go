package source

import (
	"context"
	"maps"
	"slices"
	"strings"

	"usersync/adminapi"
	"usersync/sync/userimport"
)

// How many users are looked at for custom attributes: so many of the newest, and
// of the oldest for those that the newest lack, as an attribute can have been of a
// time; and then of all, which takes some two hundred requests.
const (
	sampledUsers = 500
	mostSampled  = 20_000
)

// CustomAttributes are the custom attributes that users have, with the types of
// their values in JSON, and how many users were looked at for them: a few hundred,
// or up to 20,000 as long as a wanted one is on none of them. The Admin API does
// not tell which the project has.
func (d *Directory) CustomAttributes(ctx context.Context, wanted []string) (types map[string]string, users int, err error) {
	seen := make(attributeTypes)
	read := make(map[string]struct{}) // from both ends, which meet where there are few
	newest := &attributeReader{directory: d, direction: adminapi.SortDescending, seen: seen, ids: read}
	oldest := &attributeReader{directory: d, direction: adminapi.SortAscending, seen: seen, ids: read}
	if err := newest.read(ctx, sampledUsers); err != nil {
		return nil, 0, err
	}
	if seen.lack(wanted) && !newest.ended {
		if err := oldest.read(ctx, sampledUsers); err != nil {
			return nil, 0, err
		}
	}
	for seen.lack(wanted) && !newest.ended && newest.users+oldest.users < mostSampled {
		if err := newest.read(ctx, adminapi.MaxPageSize); err != nil {
			return nil, 0, err
		}
	}
	return seen.texts(), len(read), nil
}

// An attributeReader reads the custom attributes of users in one order.
type attributeReader struct {
	directory *Directory
	direction adminapi.SortDirection
	seen      attributeTypes
	ids       map[string]struct{} // of whom was read
	users     int                 // read so far, some of them perhaps twice
	after     string
	ended     bool // there are no more
}

// read reads so many more users.
func (r *attributeReader) read(ctx context.Context, users int) error {
	for upTo := r.users + users; r.users < upTo && !r.ended; {
		query := adminapi.UsersQuery{
			First: min(upTo-r.users, adminapi.MaxPageSize), After: r.after,
			SortBy: adminapi.SortByCreatedAt, SortDirection: r.direction,
			Fields: adminapi.FieldCustomAttributes,
		}
		var page *adminapi.UserPage
		err := r.directory.request(ctx, func() (err error) {
			page, err = r.directory.client.Users(ctx, query)
			return err
		})
		if err != nil {
			return err
		}
		for _, edge := range page.Edges {
			if edge.Node != nil {
				r.seen.note(edge.Node.CustomAttributes)
				r.ids[edge.Node.ID] = struct{}{}
			}
		}
		r.users += len(page.Edges)
		r.after, r.ended = page.EndCursor, !page.HasNextPage || page.EndCursor == ""
	}
	return nil
}

// attributeTypes are the types that each attribute's values have.
type attributeTypes map[string][]string

// note takes down the types of a user's attributes; null has none.
func (t attributeTypes) note(attributes map[string]any) {
	for name, value := range attributes {
		kind := userimport.JSONType(value)
		if value != nil && !slices.Contains(t[name], kind) {
			t[name] = append(t[name], kind)
		}
	}
}

// lack says whether any of some attributes was not seen yet.
func (t attributeTypes) lack(wanted []string) bool {
	return slices.ContainsFunc(wanted, func(name string) bool { return len(t[name]) == 0 })
}

// texts are the types of each attribute, sorted, with commas.
func (t attributeTypes) texts() map[string]string {
	texts := make(map[string]string, len(t))
	for name, kinds := range maps.All(t) {
		texts[name] = strings.Join(slices.Sorted(slices.Values(kinds)), ",")
	}
	return texts
}
