select step, users, users_before
from (select step, users, lag(users) over (order by step) as users_before from {{ ref('funnel') }})
where users > users_before
