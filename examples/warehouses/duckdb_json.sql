-- JSON files of exported events in DuckDB: a table of rows, and a view of what to look at.
-- Set both first:
--   set variable files = '/exports/**/*.json*';
--   set variable zone = 'Asia/Kolkata';           -- the project's
-- DuckDB does not compare the checksum of a gzip file. Test the files first: gzip --test FILE.

-- Each line is read as text. read_json guesses types: 007 becomes 7, and a text becomes a date.
-- All files must be gzipped here. For plain files, write compression = 'none'.
-- The first line of a file is the bare name of its event, and no JSON; 42 is such a name.
create or replace table export_lines as
select
  filename as source_file,
  line,
  case when json_valid(line) then json_type(line) = 'OBJECT' else false end as is_row
from read_csv(
  getvariable('files'), columns = {'line': 'VARCHAR'}, auto_detect = false, header = false,
  delim = E'\x01', quote = '', escape = '', compression = 'gzip', filename = true,
  hive_partitioning = false, max_line_size = 16777216, buffer_size = 67108864
);

-- All files, also empty ones, of which export_lines has nothing.
create or replace table export_files as
select file as source_file from glob(getvariable('files'));

create or replace table exported_events as
select
  source_file,
  row ->> '$.eventName' as event_name,
  (row ->> '$.ts')::bigint as ts,
  timezone(getvariable('zone'), strptime(row ->> '$.ts', '%Y%m%d%H%M%S')) as event_time,
  row ->> '$.profile.objectId' as object_id,
  row ->> '$.profile.identity' as identity,
  nullif(row -> '$.eventProps', 'null') as event_props,
  nullif(coalesce(row -> '$.sessionProps', row -> '$.session_props'), 'null') as session_props,
  line -- as it was: only here all digits are as they were sent
from (select *, case when is_row then line::json end as row from export_lines)
where is_row;

create or replace view export_problems as
select
  source_file, 'lines that are no row: not one, but ' || count(*) filter (not is_row) as problem,
  null as line
from export_lines group by source_file having count(*) filter (not is_row) <> 1
union all
select source_file, 'an empty file', null
from export_files anti join (from export_lines where line <> '') using (source_file)
union all
select source_file, 'a row without a time or an event name', line
from exported_events where ts is null or event_name is null
union all -- a query of event_props finds the first value, the API gives the last
select source_file, 'a property that is there twice', line
from exported_events
where json_type(event_props) = 'OBJECT'
  and len(json_keys(event_props)) <> len(list_distinct(json_keys(event_props)))
union all -- event_props has the nearest double
select source_file, 'a decimal with more digits than a double has', line
from exported_events
where len(list_filter(
  regexp_extract_all(line, '[0-9]+[.][0-9]+'),
  lambda number: len(ltrim(replace(number, '.', ''), '0')) > 15
)) > 0;
