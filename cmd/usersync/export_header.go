package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"usersync/sink/exportfile"
	"usersync/source"
	usersync "usersync/sync"
)

const (
	customAttributes = "custom_attributes"
	allAttributes    = customAttributes + ".*"
)

// findHeader finds out what is written of a user.
func (j *exportJob) findHeader(ctx context.Context, o *exportOptions) error {
	if err := j.checkKeepsDeleted(ctx, o); err != nil {
		return err
	}
	had, err := j.users.Scope(ctx)
	if err != nil {
		return err
	}
	names, err := chosenNames(o.fields, had, j.from)
	if err != nil {
		return err
	}
	if i := slices.Index(names, allAttributes); i >= 0 {
		found := []string{customAttributes}
		if o.format == string(exportfile.CSV) {
			if err := j.findAttributes(ctx, o); err != nil {
				return err
			}
			found = slices.Sorted(maps.Keys(j.attributes))
		}
		names = slices.Replace(names, i, i+1, found...)
	}
	if o.deleted {
		names = append(names, usersync.DeletedColumn)
	}
	if j.header, err = usersync.ParseExportHeader(names); err != nil {
		return usageErrorf("--fields: %w", err)
	}
	return nil
}

func (j *exportJob) checkKeepsDeleted(ctx context.Context, o *exportOptions) error {
	file, isFile := j.users.(*source.CSV)
	if !o.deleted || !isFile {
		return nil
	}
	keeps, err := file.KeepsDeleted(ctx)
	if err == nil && !keeps {
		return usageErrorf("%s does not keep who is gone: it has no column %s. Leave --deleted out, or mirror with --keep-deleted", j.from, usersync.DeletedColumn)
	}
	return err
}

// chosenNames are the columns that --fields asks for, sub among them.
func chosenNames(fields []string, had usersync.Scope, from string) ([]string, error) {
	leaveOut := len(fields) > 0 && strings.HasPrefix(fields[0], "-")
	bare := make([]string, len(fields))
	for i, name := range fields {
		if strings.HasPrefix(name, "-") != leaveOut {
			return nil, usageErrorf("--fields: name either what to write or, each with a minus, what to leave out")
		}
		bare[i] = strings.TrimPrefix(name, "-")
	}
	asked, err := parseScope("fields", bare)
	if err != nil {
		return nil, err
	}
	if leaveOut || len(fields) == 0 {
		return wholeColumns(slices.Concat([]string{"sub"}, had.Without(asked).Names())), nil
	}
	if missing := missingFrom(asked, had); len(missing) > 0 {
		return nil, usageErrorf("--fields: %s has no %s", from, strings.Join(missing, ", "))
	}
	if !slices.Contains(bare, "sub") {
		bare = append([]string{"sub"}, bare...)
	}
	return wholeColumns(bare), nil
}

// wholeColumns puts the columns of its parts for an address.
func wholeColumns(names []string) []string {
	var columns []string
	for _, name := range names {
		f, _ := usersync.AllFields().Lookup(strings.TrimSuffix(name, ".*"))
		if f == nil || f.Parts == nil {
			columns = append(columns, name)
			continue
		}
		for _, part := range f.Parts {
			columns = append(columns, f.Name+"."+part)
		}
	}
	return columns
}

// findAttributes reads everybody once for what custom attributes there are.
func (j *exportJob) findAttributes(ctx context.Context, o *exportOptions) error {
	if o.from == authgearPlace {
		return usageErrorf("--fields %s: which there are is only found out by reading everybody once more, which is not done with Authgear. Name them, as in %s.member_id, or export --from a mirror", allAttributes, customAttributes)
	}
	reading := &exportJob{users: j.users}
	var err error
	if reading.header, err = usersync.ParseExportHeader([]string{"sub", customAttributes}); err != nil {
		return err
	}
	j.attributes = make(map[string]struct{})
	for record, err := range reading.records(ctx, o.deleted) {
		if err != nil {
			return err
		}
		for key := range attributesOf(record.User) {
			j.attributes[customAttributes+"."+key] = struct{}{}
		}
	}
	return nil
}

// checkAttributes finds an attribute that was not there when they were found out.
func (j *exportJob) checkAttributes(u *usersync.User) error {
	if j.attributes == nil {
		return nil
	}
	for key := range attributesOf(u) {
		if _, known := j.attributes[customAttributes+"."+key]; !known {
			return fmt.Errorf("%s changed while it was read: user %s has an attribute that nobody had. Run it again", j.from, u.ID)
		}
	}
	return nil
}

func attributesOf(u *usersync.User) map[string]any {
	f, _ := usersync.AllFields().Lookup(customAttributes)
	attributes, _ := u.Get(f).(map[string]any)
	return attributes
}
