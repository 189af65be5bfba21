package userimport

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mostUnnamed is how many different custom attributes, of those that rows have in
// one column, are looked for: more than any project has.
const mostUnnamed = 500

// preflight refuses what could not go well for any row, and learns what records
// are checked against.
func (r *run) preflight(ctx context.Context) error {
	if r.Directory == nil {
		return nil
	}
	allowed, err := r.allowed(ctx, r.Identifier)
	if err != nil {
		return err
	}
	if !allowed {
		return &RefusedError{
			Reason: fmt.Sprintf("the project does not let people sign in by %s, so that every row would become a user whom nobody can sign in as, once more with every import", r.Identifier.LoginIDKey()),
			Remedy: "Choose another --identifier, or enable that login ID in the project",
		}
	}
	unnamed, err := r.unnamedAttributes(ctx)
	if err != nil {
		return err
	}
	if r.Learned != nil {
		r.project = *r.Learned
	} else if r.project, err = r.learn(ctx, unnamed); err != nil {
		return err
	}
	problems := r.Mapping.Know(r.project)
	for _, name := range unnamed {
		if r.project.AllowUnknown && r.project.CustomAttributes[name] == "" {
			problems = append(problems, unseenAttribute(attributePrefix+name))
		}
	}
	var wrong []string
	for _, problem := range problems {
		if problem.Warning {
			r.plan.Notes = append(r.plan.Notes, problem.String())
		} else {
			wrong = append(wrong, problem.String())
		}
	}
	if len(wrong) > 0 {
		return &RefusedError{Reason: "every row would be wrong: " + strings.Join(wrong, "; "), Remedy: "Mend the header, or the settings"}
	}
	return nil
}

// unnamedAttributes are the custom attributes that no header tells of, sorted: those
// of all rows, as what the first rows lack the last may have.
func (r *run) unnamedAttributes(ctx context.Context) ([]string, error) {
	if !r.Mapping.holdsAttributes() {
		return nil, nil
	}
	names := make(map[string]bool)
	for row, err := range r.Table.Rows(ctx) {
		if err != nil {
			return nil, err
		}
		for _, name := range r.Mapping.attributesIn(row) {
			if len(names) < mostUnnamed {
				names[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(names)), nil
}

// learn asks what the project has.
func (r *run) learn(ctx context.Context, unnamed []string) (project Project, err error) {
	project.AllowUnknown = r.AllowUnknownAttributes
	if project.Roles, err = r.Directory.Roles(ctx); err != nil {
		return Project{}, fmt.Errorf("read the project's roles: %w", err)
	}
	if project.Groups, err = r.Directory.Groups(ctx); err != nil {
		return Project{}, fmt.Errorf("read the project's groups: %w", err)
	}
	for _, kind := range Identifiers() {
		if kind == r.Identifier || !r.Mapping.fills(kind) {
			continue
		}
		allowed, err := r.allowed(ctx, kind)
		if err != nil {
			return Project{}, err
		}
		if !allowed {
			project.NoLoginIDs = append(project.NoLoginIDs, kind)
		}
	}
	wanted := append(r.Mapping.attributes(project.AllowUnknown), unnamed...)
	if project.CustomAttributes, project.Sampled, err = r.Directory.CustomAttributes(ctx, wanted); err != nil {
		return Project{}, fmt.Errorf("read which custom attributes users have: %w", err)
	}
	return project, nil
}

func (r *run) allowed(ctx context.Context, kind Identifier) (bool, error) {
	allowed, err := r.Directory.Allowed(ctx, kind)
	if err != nil {
		return false, fmt.Errorf("ask whether the project has the login ID %s: %w", kind.LoginIDKey(), err)
	}
	return allowed, nil
}
