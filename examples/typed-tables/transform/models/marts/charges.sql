{{ config(enabled=var('charges')) }}
{# Each charge once: Charged events with one Charged ID are one charge, the first of them. #}
select
  charged.event_key as charge_key,
  {{ user_key('charged') }} as user_key,
  charged.charged_id,
  charged.event_time,
  charged.local_day,
  charged.amount,
  coalesce(charged.currency, 'unknown') as currency,
  charged.payment_mode
from {{ ref('stg_charged') }} as charged
left join {{ ref('devices') }} as devices using (object_id)
qualify row_number() over (
  partition by coalesce('id:' || charged.charged_id, 'event:' || charged.event_key)
  order by charged.event_time, charged.event_key
) = 1
