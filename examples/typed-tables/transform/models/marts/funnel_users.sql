{# The steps that each user reached, in order: each one at or after the step before it. #}
{% set steps = var('funnel_steps') %}
{% if steps | length < 2 or steps | unique | list | length < steps | length %}
  {{ exceptions.raise_compiler_error("funnel_steps: it needs two or more names, each once; change it in dbt_project.yml") }}
{% endif %}

with
{% for step in steps %}
step_{{ loop.index }} as (
  select activity.user_key, min(activity.event_time) as reached_at
  from {{ ref('activity') }} as activity
  {% if not loop.first %}
  join step_{{ loop.index - 1 }} as before
    on before.user_key = activity.user_key and activity.event_time >= before.reached_at
  {% endif %}
  where activity.user_key is not null
    and activity.event_name = {{ dbt.string_literal(dbt.escape_single_quotes(step)) }}
  group by activity.user_key
){{ "," if not loop.last }}
{% endfor %}

{% for step in steps %}
select
  user_key || '-' || {{ loop.index }} as funnel_key,
  user_key,
  {{ loop.index }} as step,
  {{ dbt.string_literal(dbt.escape_single_quotes(step)) }} as step_name,
  reached_at
from step_{{ loop.index }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
