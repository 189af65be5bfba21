alter table {{.schema}}.thing add column name text;
create view {{.schema}}.view as
select id
from {{.schema}}.nowhere;
