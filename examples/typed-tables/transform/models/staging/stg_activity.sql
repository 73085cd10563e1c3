{# All tables of what users do, one below the other. #}
{% for table in var('activity') %}
select
  {{ event_fields() }},
  {{ property(table, 'ct_session_id', 'CT Session Id') }} as session_id
from {{ source('clevertap', table) }}
{% if not loop.last %}union all{% endif %}
{% endfor %}
