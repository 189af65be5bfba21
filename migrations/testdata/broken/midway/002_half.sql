create table {{.schema}}.half (id integer);
insert into {{.schema}}.thing values (1);
insert into {{.schema}}.thing values (1);
