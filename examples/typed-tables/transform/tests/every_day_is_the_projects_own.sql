-- UTC and the project's wall clock are 14 hours apart at most: else `timezone` was another one
select event_key, event_time, local_time
from {{ ref('stg_activity') }}
where abs(date_diff('minute', event_time, local_time)) > 14 * 60
