-- JSON files of exported events in BigQuery: an external table of lines, a table of rows, and a
-- view of what to look at. The data set, the bucket and the zone of the project are yours.

-- A line is one text: the first line of a file is the bare name of its event, and no JSON, so
-- format = 'JSON' refuses the file. No line has the delimiter: JSON writes it as \u0001.
-- Names end in .json or .json.gz, and a URI takes one *: this one takes all files of a folder.
create or replace external table clevertap.export_lines (line string)
options (
  format = 'CSV', uris = ['gs://exports/clevertap/*'], compression = 'GZIP',
  field_delimiter = '\x01', quote = '', null_marker = '\x02', encoding = 'UTF-8',
  max_bad_records = 0
);

-- wide_number_mode => 'exact', the default, refuses a number that a double does not hold.
-- safe.parse_json then gives null: export_problems has the line.
create or replace table clevertap.exported_events as
select
  source_file,
  json_value(content, '$.eventName') as event_name,
  cast(json_value(content, '$.ts') as int64) as ts,
  timestamp(
    parse_datetime('%Y%m%d%H%M%S', json_value(content, '$.ts')), 'Asia/Kolkata'
  ) as event_time,
  json_value(content, '$.profile.objectId') as object_id,
  json_value(content, '$.profile.identity') as identity,
  json_query(content, '$.eventProps') as event_props,
  coalesce(
    json_query(content, '$.sessionProps'), json_query(content, '$.session_props')
  ) as session_props,
  line
from (
  select _file_name as source_file, line, safe.parse_json(line) as content
  from clevertap.export_lines
)
where json_type(content) = 'object';

create or replace view clevertap.export_problems as
select
  source_file,
  concat('lines that are no row: not one, but ', cast(count(*) as string)) as problem
from (
  select _file_name as source_file, safe.parse_json(line) as content from clevertap.export_lines
)
where content is null or json_type(content) <> 'object'
group by source_file
having count(*) <> 1
union all
select source_file, 'a row without a time or an event name'
from clevertap.exported_events
where ts is null or event_name is null;
