-- CSV files of exported events in DuckDB: a table of rows, and a view of what to look at.
-- Set both first:
--   set variable files = '/exports/**/*.csv*';
--   set variable zone = 'Asia/Kolkata';           -- the project's
-- DuckDB does not compare the checksum of a gzip file. Test the files first: gzip --test FILE.

-- Everything stays text: DuckDB would read 007 as 7 and +919000000001 as a number.
-- Headers differ from file to file: without union_by_name, columns of later files are lost.
create or replace table export_cells as
select filename as source_file, row_number() over () as number, * exclude (filename)
from read_csv(
  getvariable('files'), all_varchar = true, header = true, union_by_name = true,
  delim = ',', quote = '"', escape = '"', filename = true,
  hive_partitioning = false, max_line_size = 16777216, buffer_size = 67108864
);

-- All files, also those without a header, of which export_cells has nothing.
create or replace table export_files as
select file as source_file from glob(getvariable('files'));

create or replace table exported_events as
with cells as (
  unpivot export_cells on columns('^(event|session)Props[.]') into name header value cell
), props as (
  select
    number,
    list({'key': header[12:], 'value': cell}) filter (header like 'eventProps.%') as of_event,
    list({'key': header[14:], 'value': cell}) filter (header like 'sessionProps.%') as of_session
  from cells group by number
)
select
  source_file,
  "eventName" as event_name,
  ts::bigint as ts,
  timezone(getvariable('zone'), strptime(ts, '%Y%m%d%H%M%S')) as event_time,
  "profile.objectId" as object_id,
  "profile.identity" as identity,
  to_json(map_from_entries(of_event)) as event_props,
  to_json(map_from_entries(of_session)) as session_props
from export_cells left join props using (number)
order by number;

-- DuckDB compares names of columns without their case, and gives the second one a number.
-- Where one file has Amount,amount and another amount,Amount, their values change places.
create or replace view export_problems as
with headers as (
  select distinct filename as source_file, line from read_csv(
    getvariable('files'), columns = {'line': 'VARCHAR'}, auto_detect = false, header = false,
    delim = E'\x01', quote = '', escape = '', filename = true, hive_partitioning = false,
    max_line_size = 16777216, buffer_size = 67108864
  )
  where regexp_matches(line, '(^|,)"?eventName"?(,|\r?$)')
), names as (select unnest(string_split(rtrim(line, E'\r'), ',')) as name from headers)
select lower(name) as name, 'columns whose names differ in case only' as problem
from names group by lower(name) having count(distinct name) > 1
union all
select source_file, 'a file without its header'
from export_files anti join headers using (source_file)
union all
select source_file, 'a row without a time or an event name'
from exported_events where ts is null or event_name is null;
