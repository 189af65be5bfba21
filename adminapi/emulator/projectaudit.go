package emulator

import (
	"slices"
	"time"
)

// SetAuditLog says whether the server has an audit database, as it does at
// first. Without one nothing is written to the audit log and it shows as empty;
// what was written before shows again with one.
func (p *Project) SetAuditLog(on bool) {
	p.store.mu.Lock()
	defer p.store.mu.Unlock()
	p.store.noAudit = !on
}

// SetAuditRetention has the audit log show nothing that is older, as cheaper
// plans do; 0 is no limit.
func (p *Project) SetAuditRetention(shown time.Duration) {
	p.store.mu.Lock()
	defer p.store.mu.Unlock()
	p.store.auditShown = shown
}

// SetVerified has a claim of a user count as verified or not, as the mutation
// setVerifiedStatus does. Its event has the claim and names nobody, and there is
// no other *(source: user_mutation.go)*.
func (p *Project) SetVerified(id string, claim Claim, verified bool) error {
	return p.change(func(s *store) error {
		quiet := s.quiet
		s.quiet = true // the identity's own event is not written, only the one below
		defer func() { s.quiet = quiet }()
		_, err := s.update(id, func(u *User) error {
			u.VerifiedClaims = slices.DeleteFunc(u.VerifiedClaims, func(c Claim) bool { return c == claim })
			if verified {
				u.VerifiedClaims = append(u.VerifiedClaims, claim)
			}
			return nil
		})
		if err != nil {
			return err
		}
		s.quiet = quiet
		s.log(adminEvent("set_verified_status"), "", map[string]any{
			"claim_name": claim.Name, "claim_value": claim.Value, "is_verified": verified,
		})
		return nil
	})
}
