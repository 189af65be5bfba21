package userimport

import (
	"context"
	"fmt"
	"strings"
)

// sampledUsers is how many users are looked at to learn which custom attributes
// the project has: the Admin API does not tell.
const sampledUsers = 500

// preflight refuses what could not go well for any row, and learns what records
// are checked against.
func (r *run) preflight(ctx context.Context) error {
	if r.Directory == nil {
		return nil
	}
	allowed, err := r.Directory.Allowed(ctx, r.Identifier)
	if err != nil {
		return fmt.Errorf("ask whether the project has the login ID %s: %w", r.Identifier.LoginIDKey(), err)
	}
	if !allowed {
		return &RefusedError{
			Reason: fmt.Sprintf("the project does not let people sign in by %s, so that every row would become a user whom nobody can sign in as, once more with every import", r.Identifier.LoginIDKey()),
			Remedy: "Choose another --identifier, or enable that login ID in the project",
		}
	}
	if r.Learned != nil {
		r.project = *r.Learned
	} else if r.project, err = r.learn(ctx); err != nil {
		return err
	}
	var wrong []string
	for _, problem := range r.Mapping.Know(r.project) {
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

// learn asks what the project has.
func (r *run) learn(ctx context.Context) (project Project, err error) {
	project.AllowUnknown = r.AllowUnknownAttributes
	if project.Roles, err = r.Directory.Roles(ctx); err != nil {
		return Project{}, fmt.Errorf("read the project's roles: %w", err)
	}
	if project.Groups, err = r.Directory.Groups(ctx); err != nil {
		return Project{}, fmt.Errorf("read the project's groups: %w", err)
	}
	if project.CustomAttributes, err = r.Directory.CustomAttributes(ctx, sampledUsers); err != nil {
		return Project{}, fmt.Errorf("read which custom attributes users have: %w", err)
	}
	return project, nil
}
