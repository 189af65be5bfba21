-- What an import into Authgear leaves behind: the audit log has nothing of it, so
-- only a full run sees whom it concerned, and the mirror remembers that one is due.
alter table {{.schema}}.mirror
  add column imports jsonb not null default '[]',
  add constraint mirror_imports_are_a_list check (pg_catalog.jsonb_typeof(imports) = 'array');

comment on column {{.schema}}.mirror.imports is 'the imports into Authgear that no complete sweep has read since: id; at, when it ended, or, while it is open, until when something of it may still be carried out; rows, how many changed somebody; open, whether it goes on or it is not known what came of some rows';

comment on column {{.schema}}.runs.mode is 'full: every user was read; incremental: those who are new or whom the audit log names; forget: people were taken out on request; import: an import into Authgear was noted, and nothing was read';
comment on column {{.schema}}.runs.version is 'the version of usersync; null where nothing was read';

-- The columns of the view are explained like those of the table, as many readers
-- may see nothing else.
comment on column {{.schema}}.active_users.sub is 'the user''s id: sub in tokens';
comment on column {{.schema}}.active_users.preferred_username is 'the username';
comment on column {{.schema}}.active_users.email is 'the email address';
comment on column {{.schema}}.active_users.phone_number is 'the phone number, E.164';
comment on column {{.schema}}.active_users.email_verified is 'whether the email address is verified';
comment on column {{.schema}}.active_users.phone_number_verified is 'whether the phone number is verified';
comment on column {{.schema}}.active_users.name is 'the full name';
comment on column {{.schema}}.active_users.given_name is 'the given name';
comment on column {{.schema}}.active_users.family_name is 'the family name';
comment on column {{.schema}}.active_users.middle_name is 'the middle name';
comment on column {{.schema}}.active_users.nickname is 'the nickname';
comment on column {{.schema}}.active_users.profile is 'the address of the profile page';
comment on column {{.schema}}.active_users.picture is 'the address of the picture';
comment on column {{.schema}}.active_users.website is 'the address of the website';
comment on column {{.schema}}.active_users.gender is 'the gender, as the user put it';
comment on column {{.schema}}.active_users.birthdate is 'the day of birth, YYYY-MM-DD; the year may be 0000';
comment on column {{.schema}}.active_users.zoneinfo is 'the time zone, an IANA name';
comment on column {{.schema}}.active_users.locale is 'the language, BCP 47';
comment on column {{.schema}}.active_users.address is 'the postal address: formatted, street_address, locality, region, postal_code, country';
comment on column {{.schema}}.active_users.custom_attributes is 'the project''s own attributes';
comment on column {{.schema}}.active_users.roles is 'the keys of the user''s roles; the order means nothing';
comment on column {{.schema}}.active_users.groups is 'the keys of the user''s groups; the order means nothing';
comment on column {{.schema}}.active_users.disabled is 'whether the account is disabled';
comment on column {{.schema}}.active_users.created_at is 'when the user was created; never changes';
comment on column {{.schema}}.active_users.delete_at is 'when the account is due to be deleted';
comment on column {{.schema}}.active_users.last_login_at is 'when the user last logged in';
comment on column {{.schema}}.active_users.is_anonymized is 'whether the user has been anonymised';
comment on column {{.schema}}.active_users.anonymize_at is 'when the user is due to be anonymised';
comment on column {{.schema}}.active_users.temporarily_disabled_from is 'when a temporary disabling begins';
comment on column {{.schema}}.active_users.temporarily_disabled_until is 'when a temporary disabling ends';
comment on column {{.schema}}.active_users.account_valid_from is 'when the account begins to be valid';
comment on column {{.schema}}.active_users.account_valid_until is 'when the account ceases to be valid';
comment on column {{.schema}}.active_users.identities is 'how the user can log in, in the form of Authgear''s export; the order means nothing';
comment on column {{.schema}}.active_users.biometric_count is 'how many biometric identities the user has';
comment on column {{.schema}}.active_users.passkey_count is 'how many passkeys the user has';
comment on column {{.schema}}.active_users.updated_at is 'when Authgear last changed attributes or the account''s status; logins, roles, groups and identities do not move it (see _changed_at)';
comment on column {{.schema}}.active_users.is_anonymous is 'whether the user is an anonymous one';
comment on column {{.schema}}.active_users.is_deactivated is 'whether the user deactivated the account';
comment on column {{.schema}}.active_users.disable_reason is 'why the account is disabled';
comment on column {{.schema}}.active_users.delete_reason is 'why the account is due to be deleted';
comment on column {{.schema}}.active_users.mfa_grace_period_end_at is 'until when the user may log in without a second factor';
comment on column {{.schema}}.active_users.formatted_name is 'the name as Authgear shows it';
comment on column {{.schema}}.active_users.end_user_account_id is 'what Authgear calls the account by: the email address, phone number or username';
comment on column {{.schema}}.active_users.verified_claims is 'the claims that have been verified, each with name and value; the order means nothing';
comment on column {{.schema}}.active_users.other_attributes is 'standard attributes that have no column of their own, or a value that does not fit it';
comment on column {{.schema}}.active_users._first_seen_at is 'the beginning of the run that first found the user';
comment on column {{.schema}}.active_users._changed_at is 'the beginning of the run that last changed anything in this row, _deleted_at included; filling a newly mirrored column does not count';
