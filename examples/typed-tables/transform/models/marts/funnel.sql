with steps (step, step_name) as (
  values
  {% for step in var('funnel_steps') %}
  ({{ loop.index }}, {{ dbt.string_literal(dbt.escape_single_quotes(step)) }}){{ "," if not loop.last }}
  {% endfor %}
),

counted as (
  select steps.step, steps.step_name, count(reached.user_key) as users
  from steps
  left join {{ ref('funnel_users') }} as reached using (step)
  group by steps.step, steps.step_name
)

select
  step,
  step_name,
  users,
  users / nullif(first_value(users) over (order by step), 0) as share_of_first,
  users / nullif(lag(users) over (order by step), 0) as share_of_previous
from counted
