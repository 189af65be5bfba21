-- The mirror: everyone in an Authgear project, what changed when, and which runs
-- of usersync did it.

-- One row a user. The columns up to other_attributes are named as in Authgear's
-- user exports. Each may be null, because a run may leave fields out (--fields):
-- null is "not mirrored" or, for texts and times, "has none". A mirrored boolean,
-- number, list or object is never null: it is false, 0, '{}' or '[]'. Only in
-- rows of people who are gone and whose values were taken out, all but ids and
-- times are null.
create table {{.schema}}.users (
  sub uuid primary key,

  preferred_username text,
  email text,
  phone_number text,
  email_verified boolean,
  phone_number_verified boolean,
  name text,
  given_name text,
  family_name text,
  middle_name text,
  nickname text,
  profile text,
  picture text,
  website text,
  gender text,
  -- A text: people may give a day without a year, which is then 0000.
  birthdate text,
  zoneinfo text,
  locale text,
  address jsonb,
  custom_attributes jsonb,
  roles text[],
  groups text[],
  disabled boolean,
  created_at timestamptz,
  delete_at timestamptz,
  last_login_at timestamptz,
  is_anonymized boolean,
  anonymize_at timestamptz,
  temporarily_disabled_from timestamptz,
  temporarily_disabled_until timestamptz,
  account_valid_from timestamptz,
  account_valid_until timestamptz,
  identities jsonb,
  biometric_count bigint,
  passkey_count bigint,
  updated_at timestamptz,
  is_anonymous boolean,
  is_deactivated boolean,
  disable_reason text,
  delete_reason text,
  mfa_grace_period_end_at timestamptz,
  formatted_name text,
  end_user_account_id text,
  verified_claims jsonb,
  other_attributes jsonb,

  -- What usersync knows of the row itself. The names begin with an underscore so
  -- that no field of Authgear's will ever be called so.
  _row_hash bytea not null,
  _first_seen_at timestamptz not null,
  _changed_at timestamptz not null,
  _deleted_at timestamptz
);

-- People are looked up by their exact address. A hash, because an address may be
-- longer than a B-tree allows, and one bad row must not stop a whole run.
create index users_email on {{.schema}}.users using hash (email) where _deleted_at is null;

comment on table {{.schema}}.users is 'Everyone in the Authgear project, those who are gone included (_deleted_at); see active_users';
comment on column {{.schema}}.users.sub is 'the user''s id: sub in tokens';
comment on column {{.schema}}.users.preferred_username is 'the username';
comment on column {{.schema}}.users.email is 'the email address';
comment on column {{.schema}}.users.phone_number is 'the phone number, E.164';
comment on column {{.schema}}.users.email_verified is 'whether the email address is verified';
comment on column {{.schema}}.users.phone_number_verified is 'whether the phone number is verified';
comment on column {{.schema}}.users.name is 'the full name';
comment on column {{.schema}}.users.given_name is 'the given name';
comment on column {{.schema}}.users.family_name is 'the family name';
comment on column {{.schema}}.users.middle_name is 'the middle name';
comment on column {{.schema}}.users.nickname is 'the nickname';
comment on column {{.schema}}.users.profile is 'the address of the profile page';
comment on column {{.schema}}.users.picture is 'the address of the picture';
comment on column {{.schema}}.users.website is 'the address of the website';
comment on column {{.schema}}.users.gender is 'the gender, as the user put it';
comment on column {{.schema}}.users.birthdate is 'the day of birth, YYYY-MM-DD; the year may be 0000';
comment on column {{.schema}}.users.zoneinfo is 'the time zone, an IANA name';
comment on column {{.schema}}.users.locale is 'the language, BCP 47';
comment on column {{.schema}}.users.address is 'the postal address: formatted, street_address, locality, region, postal_code, country';
comment on column {{.schema}}.users.custom_attributes is 'the project''s own attributes';
comment on column {{.schema}}.users.roles is 'the keys of the user''s roles; the order means nothing';
comment on column {{.schema}}.users.groups is 'the keys of the user''s groups; the order means nothing';
comment on column {{.schema}}.users.disabled is 'whether the account is disabled';
comment on column {{.schema}}.users.created_at is 'when the user was created; never changes';
comment on column {{.schema}}.users.delete_at is 'when the account is due to be deleted';
comment on column {{.schema}}.users.last_login_at is 'when the user last logged in';
comment on column {{.schema}}.users.is_anonymized is 'whether the user has been anonymised';
comment on column {{.schema}}.users.anonymize_at is 'when the user is due to be anonymised';
comment on column {{.schema}}.users.temporarily_disabled_from is 'when a temporary disabling begins';
comment on column {{.schema}}.users.temporarily_disabled_until is 'when a temporary disabling ends';
comment on column {{.schema}}.users.account_valid_from is 'when the account begins to be valid';
comment on column {{.schema}}.users.account_valid_until is 'when the account ceases to be valid';
comment on column {{.schema}}.users.identities is 'how the user can log in, in the form of Authgear''s export; the order means nothing';
comment on column {{.schema}}.users.biometric_count is 'how many biometric identities the user has';
comment on column {{.schema}}.users.passkey_count is 'how many passkeys the user has';
comment on column {{.schema}}.users.updated_at is 'when Authgear last changed attributes or the account''s status; logins, roles, groups and identities do not move it (see _changed_at)';
comment on column {{.schema}}.users.is_anonymous is 'whether the user is an anonymous one';
comment on column {{.schema}}.users.is_deactivated is 'whether the user deactivated the account';
comment on column {{.schema}}.users.disable_reason is 'why the account is disabled';
comment on column {{.schema}}.users.delete_reason is 'why the account is due to be deleted';
comment on column {{.schema}}.users.mfa_grace_period_end_at is 'until when the user may log in without a second factor';
comment on column {{.schema}}.users.formatted_name is 'the name as Authgear shows it';
comment on column {{.schema}}.users.end_user_account_id is 'what Authgear calls the account by: the email address, phone number or username';
comment on column {{.schema}}.users.verified_claims is 'the claims that have been verified, each with name and value; the order means nothing';
comment on column {{.schema}}.users.other_attributes is 'standard attributes that have no column of their own, or a value that does not fit it';
comment on column {{.schema}}.users._row_hash is 'usersync''s fingerprint of the mirrored columns, by which the next run knows whether the user changed';
comment on column {{.schema}}.users._first_seen_at is 'the beginning of the run that first found the user';
comment on column {{.schema}}.users._changed_at is 'the beginning of the run that last changed anything in this row, _deleted_at included; filling a newly mirrored column does not count';
comment on column {{.schema}}.users._deleted_at is 'the beginning of the run that found the user gone; null while the user exists';

-- What most queries want: nobody who is gone. The columns are listed so that the
-- view changes only by a migration.
create view {{.schema}}.active_users as
select
  sub, preferred_username, email, phone_number, email_verified, phone_number_verified,
  name, given_name, family_name, middle_name, nickname, profile, picture, website, gender,
  birthdate, zoneinfo, locale, address, custom_attributes, roles, groups, disabled,
  created_at, delete_at, last_login_at, is_anonymized, anonymize_at,
  temporarily_disabled_from, temporarily_disabled_until, account_valid_from, account_valid_until,
  identities, biometric_count, passkey_count, updated_at, is_anonymous, is_deactivated,
  disable_reason, delete_reason, mfa_grace_period_end_at, formatted_name, end_user_account_id,
  verified_claims, other_attributes, _first_seen_at, _changed_at
from {{.schema}}.users
where _deleted_at is null;

comment on view {{.schema}}.active_users is 'Everyone who exists in the Authgear project, as of the last run';
