{# A session ends where nothing happens for some minutes, unless the next event has its session id.

Only the sessions of users whose events are others than at the last run are computed anew: new and
late events, and devices that came to a user or left one, change the digest of a user's events. #}
{{ config(
  materialized='incremental',
  incremental_strategy='delete+insert',
  unique_key='user_key',
  on_schema_change='fail',
  pre_hook="{% if is_incremental() %}delete from {{ this }} where user_key not in (select user_key from {{ ref('users') }}){% endif %}"
) }}
{% set gap = var('session_gap_minutes') | int %}
-- depends_on: {{ ref('users') }}, of the hook

with digests as (
  select
    user_key,
    '{{ gap }}-' || count(*) || '-' || bit_xor(hash(event_key)) as events_digest
  from {{ ref('activity') }}
  where user_key is not null
  group by user_key
),

changed as (
  select user_key, events_digest
  from digests
  {% if is_incremental() %}
  where not exists (
    select 1 from {{ this }} as known
    where known.user_key = digests.user_key and known.events_digest = digests.events_digest
  )
  {% endif %}
),

in_order as (
  select
    activity.*,
    changed.events_digest,
    lag(event_time) over in_time as previous_time,
    lag(session_id) over in_time as previous_session_id
  from {{ ref('activity') }} as activity
  join changed using (user_key)
  window in_time as (partition by user_key order by event_time, event_key)
),

numbered as (
  select
    *,
    count(*) filter (
      previous_time is null
      or (
        event_time >= previous_time + interval {{ gap }} minute
        and coalesce(session_id <> previous_session_id, true)
      )
    ) over (partition by user_key order by event_time, event_key rows unbounded preceding)
      as session_number
  from in_order
)

select
  arg_min(event_key, (event_time, event_key)) as session_key,
  user_key,
  session_number,
  min(event_time) as started_at,
  max(event_time) as ended_at,
  min(local_day) as local_day,
  date_diff('second', min(event_time), max(event_time)) as seconds,
  count(*) as events,
  count(*) filter (event_name = 'Charged') as charged_events,
  arg_min(session_source, (event_time, event_key)) filter (session_source is not null)
    as session_source,
  any_value(events_digest) as events_digest,
  cast(current_timestamp as timestamptz) as computed_at
from numbered
group by user_key, session_number
