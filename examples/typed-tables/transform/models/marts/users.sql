select
  user_key,
  starts_with(user_key, 'device:') as is_anonymous,
  count(distinct object_id) as devices,
  count(*) as events,
  min(event_time) as first_event_at,
  max(event_time) as last_event_at,
  min(local_day) as first_day,
  max(local_day) as last_day
from {{ ref('activity') }}
where user_key is not null
group by user_key
