-- Ünïcödé before the error moves bytes, not characters.
create table {{.schema}}.other (id integer);

alter tabel {{.schema}}.thing add column name text;
