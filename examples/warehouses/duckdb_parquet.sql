-- Parquet files of exported events in DuckDB: one table of rows, and one of what to look at.
-- Set both first:
--   set variable files = '/exports/**/*.parquet*';
--   set variable zone = 'Asia/Kolkata';           -- the project's

-- A property is a struct, and one member of it has the value: which one depends on its type.
-- Members differ from file to file: without union_by_name, those of later files are lost.
-- A folder eventName=Other would change the event of its rows: no hive_partitioning.
create or replace table export_maps as
select filename as source_file, row_number() over () as number, * exclude (filename)
from read_parquet(
  getvariable('files'), union_by_name = true, filename = true, hive_partitioning = false
);

-- A float becomes JSON as text: to_json makes 0.10000000149011612 of 0.1.
create or replace macro written(member) as coalesce(
  to_json(member.member0), to_json(member.member1), to_json(member.member2),
  if(isfinite(member.member3), member.member3::varchar::json, to_json(member.member3::varchar)),
  if(isfinite(member.member4), to_json(member.member4), to_json(member.member4::varchar)),
  to_json(member.member5)
);

-- The cast adds the members that no file has. It also drops those that it does not name, so
-- export_problems shows them.
create or replace macro value_of(property) as written(property::struct(
  member0 boolean, member1 integer, member2 bigint, member3 float, member4 double, member5 varchar
));

-- A name may be twice in a map: the last one counts, as in JSON.
create or replace macro object_of(props) as if(props is null, null, to_json(map_from_entries(
  list_transform(
    list_filter(map_entries(props), lambda each, place:
      not list_contains(map_keys(props)[place + 1:], each.key)),
    lambda each: {'key': each.key, 'value': value_of(each.value)}
  )
)));

-- An identity is a text, or a struct whose first member has it.
create or replace macro identity_of(given) as coalesce(
  to_json(given) ->> '$.member0',
  case json_type(to_json(given)) when 'VARCHAR' then to_json(given) ->> '$' end
);

create or replace table exported_events as
select
  source_file,
  "eventName" as event_name,
  strftime(timezone(getvariable('zone'), event_time), '%Y%m%d%H%M%S')::bigint as ts,
  event_time,
  identity_of(identity['clevertapId']) as object_id,
  identity_of(identity['identity']) as identity,
  object_of("eventProps") as event_props
from (select *, to_timestamp("eventTime"::bigint) as event_time from export_maps)
order by number;

create or replace view export_problems as
select source_file, "eventName" as event_name, 'a row without a time or an event name' as problem
from export_maps where "eventTime" is null or "eventName" is null
union all
select distinct null, null, 'members that value_of does not name: ' || typeof("eventProps")
from export_maps
where len(list_filter(
  regexp_extract_all(typeof("eventProps"), 'member[0-9]+'), lambda name: name > 'member5'
)) > 0;
