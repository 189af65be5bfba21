-- The ledger: what each run did, and each change that it made.

-- One row a run, made when the run begins and closed when it ends. A row that is
-- still running although no run holds the mirror belongs to a run that died; the
-- next one closes it.
create table {{.schema}}.runs (
  run_id text primary key,
  mode text not null,
  status text not null,
  started_at timestamptz not null,
  finished_at timestamptz,
  version text not null,
  report jsonb,
  error text,

  constraint runs_status check (status in ('running', 'ok', 'refused', 'failed', 'interrupted')),
  constraint runs_finished_unless_running check ((finished_at is null) = (status = 'running'))
);

comment on table {{.schema}}.runs is 'One row a run of usersync';
comment on column {{.schema}}.runs.run_id is 'the run''s name, as its logs and reports have it';
comment on column {{.schema}}.runs.mode is 'what kind of run it was: full reads every user';
comment on column {{.schema}}.runs.status is 'running; ok: done; refused: judged unsafe; failed; interrupted: told to stop, or died. Only ok changed the mirror';
comment on column {{.schema}}.runs.started_at is 'when the run began';
comment on column {{.schema}}.runs.finished_at is 'when the run ended, or when it was noticed that it had died';
comment on column {{.schema}}.runs.version is 'the version of usersync';
comment on column {{.schema}}.runs.report is 'what the run did, as --json prints it; null if it died';
comment on column {{.schema}}.runs.error is 'what went wrong and what to do about it';

-- One row a change of a user. Not tied to users and runs by foreign keys: they
-- would be checked row by row, and a first run writes as many rows as there are
-- users.
create table {{.schema}}.user_changes (
  id bigint generated always as identity primary key,
  run_id text not null,
  sub uuid not null,
  op text not null,
  at timestamptz not null,
  fields text[] not null,
  before jsonb,
  after jsonb,

  constraint user_changes_op check (op in ('create', 'update', 'delete', 'restore')),
  constraint user_changes_before check ((before is null) = (op = 'create')),
  constraint user_changes_after check ((after is null) = (op = 'delete'))
);

-- The history of one user, and what one run did; in order both.
create index user_changes_of_user on {{.schema}}.user_changes (sub, id);
create index user_changes_of_run on {{.schema}}.user_changes (run_id, id);

comment on table {{.schema}}.user_changes is 'What changed in users, in the order in which it was found out';
comment on column {{.schema}}.user_changes.id is 'the order: a later change has a higher number; there may be gaps';
comment on column {{.schema}}.user_changes.run_id is 'the run that found the change, in runs';
comment on column {{.schema}}.user_changes.sub is 'the user''s id';
comment on column {{.schema}}.user_changes.op is 'create; update; delete: the user is gone; restore: one who was gone is back';
comment on column {{.schema}}.user_changes.at is 'the beginning of the run that found the change; it happened at some time since the run before';
comment on column {{.schema}}.user_changes.fields is 'the columns that changed, for update and restore; empty for create and delete, which concern the whole user';
comment on column {{.schema}}.user_changes.before is 'what the fields held before; for delete all the mirrored fields, for create null';
comment on column {{.schema}}.user_changes.after is 'what the fields hold since; for create all the mirrored fields, for delete null';
