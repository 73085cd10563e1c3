select user_key, users.events, sum(sessions.events) as in_sessions
from {{ ref('users') }} as users
full join {{ ref('sessions') }} as sessions using (user_key)
group by user_key, users.events
having users.events is distinct from sum(sessions.events)
