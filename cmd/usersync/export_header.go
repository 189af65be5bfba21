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

const customAttributes = "custom_attributes"

// findHeader finds out what is written of a user.
func (j *exportJob) findHeader(ctx context.Context, o *exportOptions) error {
	if err := j.checkKeepsDeleted(ctx, o); err != nil {
		return err
	}
	selection, err := usersync.ParseSelection(o.fields)
	if err != nil {
		return usageErrorf("--fields: %w", err)
	}
	if _, err := parseScope("fields", selection.Names()); err != nil {
		return err
	}
	had, err := j.users.Scope(ctx)
	if err != nil {
		return err
	}
	scope, names, missing, err := selection.Of(had)
	if err != nil {
		return err
	}
	if missing := missing.Names(); len(missing) > 0 {
		return usageErrorf("--fields: %s has no %s", j.from, strings.Join(missing, ", "))
	}
	j.scope = scope
	if names, err = j.withAttributes(ctx, o, names); err != nil {
		return err
	}
	if o.deleted {
		names = append(names, usersync.DeletedColumn)
	}
	if j.header, err = usersync.ParseExportHeader(names); err != nil {
		return usageErrorf("--fields: %w", err)
	}
	return nil
}

// withAttributes has the names of all attributes that there are where these are
// asked for.
func (j *exportJob) withAttributes(ctx context.Context, o *exportOptions, names []string) ([]string, error) {
	i := slices.Index(names, usersync.AllAttributes)
	if i < 0 {
		return names, nil
	}
	found := []string{customAttributes}
	if o.format == string(exportfile.CSV) {
		if err := j.findAttributes(ctx, o); err != nil {
			return nil, err
		}
		found = slices.Sorted(maps.Keys(j.attributes))
	}
	return slices.Replace(names, i, i+1, found...), nil
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

// findAttributes reads everybody once for what custom attributes there are.
func (j *exportJob) findAttributes(ctx context.Context, o *exportOptions) error {
	if o.from == authgearPlace {
		return usageErrorf("--fields %s: which there are is only found out by reading everybody once more, which is not done with Authgear. Name them, as in %s.member_id, or export --from a mirror", usersync.AllAttributes, customAttributes)
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
