{# Weeks begin on Monday, in the project's time zone. A user's cohort is the first week in this
warehouse; a week that nobody came back in has a row too. #}
with weeks as (
  select distinct user_key, cast(date_trunc('week', local_day) as date) as week
  from {{ ref('activity') }}
  where user_key is not null
),

users as (
  select user_key, cast(date_trunc('week', first_day) as date) as cohort_week
  from {{ ref('users') }}
),

cohorts as (
  select cohort_week, count(*) as cohort_users
  from users
  group by cohort_week
),

last_day as (
  select max(local_day) as day from {{ ref('activity') }}
),

grid as (
  select
    cohort_week,
    cohort_users,
    cast(unnest(generate_series(cohort_week, last_day.day, interval 7 day)) as date) as week
  from cohorts
  cross join last_day
),

returned as (
  select users.cohort_week, weeks.week, count(*) as users
  from users
  join weeks using (user_key)
  group by users.cohort_week, weeks.week
)

select
  grid.cohort_week || '-' || grid.week as retention_key,
  grid.cohort_week,
  grid.week,
  date_diff('day', grid.cohort_week, grid.week) // 7 as weeks_later,
  grid.cohort_users,
  coalesce(returned.users, 0) as users,
  coalesce(returned.users, 0) / grid.cohort_users as share,
  grid.week + 6 < last_day.day as is_complete
from grid
cross join last_day
left join returned using (cohort_week, week)
