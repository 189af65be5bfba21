package emulator

import "strings"

// auditActivities are the events that the audit log of the real server's
// release may hold; their GraphQL names are in AuditLogActivityType.
func auditActivities() []string {
	var events []string
	for mutation := range strings.FieldsSeq(auditedMutations) {
		events = append(events, adminEvent(mutation))
	}
	return append(events, strings.Fields(auditedEvents)...)
}

// auditedMutations leave admin_api.mutation.NAME.executed.
const auditedMutations = `
add_group_to_roles add_group_to_users add_resource_to_clientid add_role_to_groups
add_role_to_users add_scopes_to_clientid add_user_to_groups add_user_to_roles anonymize_user
create_authenticator create_group create_identity create_resource create_role create_scope
create_session create_user delete_authenticator delete_authorization delete_group
delete_identity delete_resource delete_role delete_scope delete_user generate_oob_otp_code
remove_group_from_roles remove_group_from_users remove_resource_from_clientid
remove_role_from_groups remove_role_from_users remove_scopes_from_clientid
remove_user_from_groups remove_user_from_roles replace_scopes_of_clientid reset_account_lockout
reset_password revoke_all_sessions revoke_session schedule_account_anonymization
schedule_account_deletion send_reset_password_message set_account_valid_from
set_account_valid_period set_account_valid_until set_disabled_status set_password_expired
set_verified_status unschedule_account_anonymization unschedule_account_deletion update_group
update_identity update_resource update_role update_scope update_user
`

// auditedEvents are all others, as event types.
const auditedEvents = `
authentication.blocked authentication.identity.anonymous.failed
authentication.identity.biometric.failed authentication.identity.login_id.failed
authentication.primary.oob_otp_email.failed authentication.primary.oob_otp_sms.failed
authentication.primary.password.failed authentication.secondary.oob_otp_email.failed
authentication.secondary.oob_otp_sms.failed authentication.secondary.password.failed
authentication.secondary.recovery_code.failed authentication.secondary.totp.failed
bot_protection.verification.failed email.error email.sent email.suppressed
fraud_protection.decision_recorded identity.biometric.disabled identity.biometric.enabled
identity.email.added identity.email.removed identity.email.unverified identity.email.updated
identity.email.verified identity.oauth.connected identity.oauth.disconnected
identity.phone.added identity.phone.removed identity.phone.unverified identity.phone.updated
identity.phone.verified identity.username.added identity.username.removed
identity.username.updated m2m.token.created project.app.created project.app.secret.viewed
project.app.updated project.billing.checkout.created project.billing.subscription.cancelled
project.billing.subscription.status.updated project.billing.subscription.updated
project.collaborator.deleted project.collaborator.invitation.accepted
project.collaborator.invitation.created project.collaborator.invitation.deleted
project.domain.created project.domain.deleted project.domain.verified rate_limit.blocked
sms.error sms.sent sms.suppressed usage.alert.triggered user.anonymization_scheduled
user.anonymization_unscheduled user.anonymized user.anonymous.promoted user.authenticated
user.created user.deleted user.deletion_scheduled user.deletion_unscheduled user.disabled
user.profile.updated user.reauthenticated user.reenabled user.session.terminated user.signed_out
whatsapp.error whatsapp.otp.verified whatsapp.sent whatsapp.suppressed
`
