-- What the mirror says about itself, in exactly one row. Publishing locks it,
-- and whoever finds another generation than it read before must not publish.
create table {{.schema}}.mirror (
  singleton boolean primary key default true,
  fields text[],
  fingerprint_version integer,
  generation bigint not null default 0,

  constraint mirror_has_one_row check (singleton),
  constraint mirror_published check (
    (generation = 0) = (fields is null) and (generation = 0) = (fingerprint_version is null)
  )
);

insert into {{.schema}}.mirror default values;

comment on table {{.schema}}.mirror is 'What usersync knows of the mirror as a whole; one row';
comment on column {{.schema}}.mirror.singleton is 'true: there is one row';
comment on column {{.schema}}.mirror.fields is 'the columns of users that are mirrored, besides sub; null before the first run is done';
comment on column {{.schema}}.mirror.fingerprint_version is 'how users._row_hash was made; other versions are made anew from the columns';
comment on column {{.schema}}.mirror.generation is 'how often a run has published here';

comment on table {{.schema}}.mirror_version is 'Which of usersync''s migrations these tables have had; one row';
comment on column {{.schema}}.mirror_version.version is 'the number of the last migration';
