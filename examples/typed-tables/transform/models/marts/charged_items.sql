{{ config(enabled=var('charges')) }}
select
  items.item_key,
  items.event_key as charge_key,
  items.position,
  items.product,
  items.category,
  items.quantity,
  charges.local_day,
  charges.currency
from {{ ref('stg_charged_items') }} as items
join {{ ref('charges') }} as charges on charges.charge_key = items.event_key
