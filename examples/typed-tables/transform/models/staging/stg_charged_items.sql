{{ config(enabled=var('charges')) }}
with listed as (
  select
    event_key,
    unnest(json_extract(items, '$[*]')) as item,
    unnest(range(1, cast(json_array_length(items) as bigint) + 1)) as position
  from {{ ref('stg_charged') }}
  where json_type(items) = 'ARRAY'
)

select
  event_key || '-' || position as item_key,
  event_key,
  position,
  json_extract_string(item, '$.Product') as product,
  json_extract_string(item, '$.Category') as category,
  -- an item without a number is one
  coalesce(try_cast(json_extract_string(item, '$.Quantity') as decimal(18, 4)), 1) as quantity
from listed
