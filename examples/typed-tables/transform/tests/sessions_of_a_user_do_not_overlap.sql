select session_key, started_at, previous_end
from (
  select
    session_key,
    started_at,
    lag(ended_at) over (partition by user_key order by started_at, session_number) as previous_end
  from {{ ref('sessions') }}
)
where started_at < previous_end + interval {{ var('session_gap_minutes') | int }} minute
