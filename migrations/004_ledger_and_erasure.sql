-- Whose users the mirror holds, how far its history reaches, runs that can be
-- looked back on, and people who must not be kept.

-- The project, from the first run on; other projects are refused. Both are null
-- in a mirror that no run has published to since it had these columns.
alter table {{.schema}}.mirror
  add column endpoint text,
  add column app_id text,
  -- A column of users that is newly mirrored is filled without a word to the
  -- change log, and old rows may be trimmed: so the log reaches back to different
  -- times for different columns. Where it was never noted, it is from now on.
  add column history_since jsonb not null default '{}',
  add column forget_key bytea,
  add constraint mirror_has_whole_project check ((endpoint is null) = (app_id is null));

update {{.schema}}.mirror set history_since = coalesce(
  (select pg_catalog.jsonb_object_agg(field, pg_catalog.transaction_timestamp()) from pg_catalog.unnest(fields) as field), '{}'
);

comment on column {{.schema}}.mirror.endpoint is 'the Authgear endpoint whose users these are';
comment on column {{.schema}}.mirror.app_id is 'the project''s app ID';
comment on column {{.schema}}.mirror.history_since is 'for each mirrored column, since when user_changes tells all that became of it';
comment on column {{.schema}}.mirror.forget_key is 'the random key of the list in forgotten; null as long as nobody is on it';

-- What died is told from what is slow by its heartbeat. Figures that people ask
-- for are columns of their own, made from the report.
alter table {{.schema}}.runs
  add column heartbeat_at timestamptz,
  add column host text,
  add column endpoint text,
  add column app_id text,
  add column watermark timestamptz,
  add column refused uuid[],
  add column complete boolean generated always as ((report -> 'census' ->> 'complete')::pg_catalog.bool) stored,
  add column created integer generated always as ((report -> 'changes' ->> 'created')::pg_catalog.int4) stored,
  add column updated integer generated always as ((report -> 'changes' ->> 'updated')::pg_catalog.int4) stored,
  add column deleted integer generated always as ((report -> 'changes' ->> 'deleted')::pg_catalog.int4) stored,
  add column restored integer generated always as ((report -> 'changes' ->> 'restored')::pg_catalog.int4) stored,
  alter column version drop not null,
  add constraint runs_only_published_move_the_watermark check (watermark is null or status = 'ok');

-- The latest first, as they are looked back on.
create index runs_by_start on {{.schema}}.runs (started_at desc, run_id desc);

comment on column {{.schema}}.runs.version is 'the version of usersync; null where people were taken out on request';
comment on column {{.schema}}.runs.mode is 'full: every user was read; incremental: those who are new or whom the audit log names; forget: people were taken out on request';
comment on column {{.schema}}.runs.heartbeat_at is 'when the run last showed that it was alive, by the database''s clock';
comment on column {{.schema}}.runs.host is 'the machine it ran on';
comment on column {{.schema}}.runs.endpoint is 'the Authgear endpoint that was read';
comment on column {{.schema}}.runs.app_id is 'the app ID of the project that was read';
comment on column {{.schema}}.runs.watermark is 'Authgear''s clock before the run''s first request: what had happened by then is in the mirror; null unless the run was published';
comment on column {{.schema}}.runs.refused is 'the users for whose sake the run was refused; what --approve lets pass';
comment on column {{.schema}}.runs.complete is 'whether the sweep is proven to have missed nobody; null without a sweep';
comment on column {{.schema}}.runs.created is 'how many users the run created, or would have, had it been published (status)';
comment on column {{.schema}}.runs.updated is 'how many users it changed';
comment on column {{.schema}}.runs.deleted is 'how many users it found gone';
comment on column {{.schema}}.runs.restored is 'how many users who were gone it found again';

-- How it is known that somebody is gone.
alter table {{.schema}}.users
  add column _delete_confirmed_at timestamptz,
  add column _deleted_by_run text,
  add constraint users_only_who_is_gone_was_deleted
    check (_deleted_at is not null or (_delete_confirmed_at is null and _deleted_by_run is null));

comment on column {{.schema}}.users._row_hash is 'usersync''s fingerprint of the mirrored columns, by which the next run knows whether the user changed; empty where the values were taken out';
comment on column {{.schema}}.users._delete_confirmed_at is 'when Authgear, asked for this user by id, said that there is none; null while the user exists, and where the row was emptied on request';
comment on column {{.schema}}.users._deleted_by_run is 'the run that marked the user as gone, in runs';

-- Values can be taken out of the log; that something changed, when and in which
-- columns, remains.
alter table {{.schema}}.user_changes
  add column scrubbed boolean not null default false,
  add constraint user_changes_scrubbed_are_empty
    check (not scrubbed or (coalesce(before, '{}') = '{}' and coalesce(after, '{}') = '{}'));

-- For what happened yesterday, and for trimming. Rows are only ever added at the
-- end, so a few bytes for each stretch of the table are enough.
create index user_changes_by_time on {{.schema}}.user_changes using brin (at);

comment on column {{.schema}}.user_changes.before is 'what the fields held before; for delete all the mirrored fields, for create null; {} where scrubbed';
comment on column {{.schema}}.user_changes.after is 'what the fields hold since; for create all the mirrored fields, for delete null; {} where scrubbed';
comment on column {{.schema}}.user_changes.scrubbed is 'whether the values were taken out, because the user was anonymised, deleted for good or forgotten';

-- People who were taken out on request and must not be mirrored again. Who they
-- are can be told only for an id that one has: neither ids nor plain hashes of
-- them are kept, which everybody with a list of ids could look up.
create table {{.schema}}.forgotten (
  key bytea primary key,
  at timestamptz not null,
  mode text not null,

  constraint forgotten_key check (pg_catalog.octet_length(key) = 32),
  constraint forgotten_mode check (mode in ('scrub', 'purge'))
);

comment on table {{.schema}}.forgotten is 'People who must not be mirrored again, without saying who they are';
comment on column {{.schema}}.forgotten.key is 'the HMAC-SHA-256 of the 16 bytes of the user''s id under mirror.forget_key';
comment on column {{.schema}}.forgotten.at is 'when it was asked for';
comment on column {{.schema}}.forgotten.mode is 'scrub: the emptied row was left; purge: nothing was left';
