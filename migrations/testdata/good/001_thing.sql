create table {{.schema}}.thing (id integer primary key);
