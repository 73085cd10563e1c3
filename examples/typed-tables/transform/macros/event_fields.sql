{# What each typed table has, with the project's own day and time next to UTC. #}
{% macro event_fields() -%}
  event_key,
  event_name,
  occurrence,
  event_time,
  strptime(cast(ts as varchar), '%Y%m%d%H%M%S') as local_time,
  cast(strptime(cast(ts as varchar), '%Y%m%d%H%M%S') as date) as local_day,
  object_id,
  identity,
  session_source,
  _sdc_batched_at as loaded_at
{%- endmacro %}


{# The user of a row, whose device may have been identified later: joined with the model devices. #}
{% macro user_key(row) -%}
  coalesce(
    'identity:' || devices.identity,
    'identity:' || {{ row }}.identity,
    'device:' || {{ row }}.object_id
  )
{%- endmacro %}
