{{ config(materialized='view') }}

select
  {{ user_key('activity') }} as user_key,
  activity.*
from {{ ref('stg_activity') }} as activity
left join {{ ref('devices') }} as devices using (object_id)
