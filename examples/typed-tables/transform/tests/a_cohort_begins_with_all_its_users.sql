select cohort_week, cohort_users, users
from {{ ref('retention') }}
where users > cohort_users or (weeks_later = 0 and users <> cohort_users)
