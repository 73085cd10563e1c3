{{ config(enabled=var('charges')) }}
with items as (
  select charge_key, sum(quantity) as items
  from {{ ref('charged_items') }}
  group by charge_key
)

select
  charges.local_day || '-' || charges.currency as revenue_key,
  charges.local_day,
  charges.currency,
  count(*) as charges,
  count(distinct charges.user_key) as users,
  coalesce(sum(charges.amount), 0) as amount,
  count(*) filter (charges.amount is null) as charges_without_amount,
  coalesce(sum(items.items), 0) as items
from {{ ref('charges') }} as charges
left join items using (charge_key)
group by charges.local_day, charges.currency
