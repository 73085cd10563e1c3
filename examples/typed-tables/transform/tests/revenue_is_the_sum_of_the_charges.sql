{{ config(enabled=var('charges')) }}
with days as (
  select sum(amount) as amount, sum(charges) as charges, sum(charges_without_amount) as without
  from {{ ref('revenue_daily') }}
),

charges as (
  select sum(amount) as amount, count(*) as charges, count(*) - count(amount) as without
  from {{ ref('charges') }}
)

select * from days, charges
where days.charges <> charges.charges
  or days.without <> charges.without
  or days.amount is distinct from charges.amount
