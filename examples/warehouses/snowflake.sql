-- JSON files of exported events in Snowflake: a table of lines, a view of rows, and a view of
-- what to look at. The bucket, the integration and the zone of the project are yours.
create stage if not exists clevertap_exports
  url = 's3://exports/clevertap/' storage_integration = clevertap_exports;

create table if not exists export_lines (
  source_file varchar, number number, content_key varchar, line varchar
);

-- A line is one text: the first line of a file is the bare name of its event, and no JSON, so
-- TYPE = JSON refuses the file. A backslash must be left as it is, hence both ESCAPE options.
-- COPY knows for 64 days which files it has loaded. A replaced file is loaded again.
copy into export_lines from (
  select metadata$filename, metadata$file_row_number, metadata$file_content_key, $1
  from @clevertap_exports
)
pattern = '.*[.]json([.]gz)?'
file_format = (
  type = csv compression = gzip field_delimiter = none record_delimiter = '\n'
  field_optionally_enclosed_by = none escape = none escape_unenclosed_field = none
  null_if = () empty_field_as_null = false trim_space = false encoding = 'UTF8'
)
on_error = abort_statement;

-- A line with a property that is there twice is a problem. To take the last one, as the API
-- does, write try_parse_json(line, 'd').
create or replace view exported_events as
select
  source_file,
  number,
  content:eventName::varchar as event_name,
  content:ts::number as ts,
  convert_timezone('Asia/Kolkata', 'UTC', to_timestamp_ntz(content:ts::varchar, 'YYYYMMDDHH24MISS'))
    as event_time,
  content:profile.objectId::varchar as object_id,
  content:profile.identity::varchar as identity,
  content:eventProps as event_props,
  coalesce(content:sessionProps, content:session_props) as session_props,
  line -- as it was: a VARIANT has 38 digits of a number, and 1.10 as 1.1
from (select *, try_parse_json(line) as content from export_lines)
where content:ts is not null;

create or replace view export_problems as
select source_file, 'lines that are no row: not one, but ' || count(*) as problem
from (select source_file, try_parse_json(line) as content from export_lines)
where content:ts is null
group by source_file having count(*) <> 1
union all
select source_file, 'a row without an event name'
from exported_events where event_name is null;
