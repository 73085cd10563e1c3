{{ config(enabled=var('charges')) }}
select
  local_day || '-' || currency || '-' || coalesce(product, 'unknown') as revenue_item_key,
  local_day,
  currency,
  coalesce(product, 'unknown') as product,
  count(distinct charge_key) as charges,
  sum(quantity) as quantity
from {{ ref('charged_items') }}
group by local_day, currency, coalesce(product, 'unknown')
