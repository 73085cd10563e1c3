-- One row for each customer, also for those in no audience: only so do they lose a property.
create schema if not exists audiences;

create or replace view audiences.users as
select
    c.customer_id,
    coalesce(o.lifetime_value, 0) as lifetime_value,
    coalesce(o.orders_90_days, 0) as orders_90_days,
    case
        when o.lifetime_value >= 4000 then 'gold'
        when o.lifetime_value >= 3500 then 'silver'
    end as tier,                                       -- null: in neither
    round(o.days_silent / 180.0, 1) as churn_score,    -- in steps: else all change every day
    coalesce(o.days_silent between 30 and 60, false) as in_winback
from shop.customers c
left join (
    select
        customer_id,
        sum(total) as lifetime_value,
        count(*) filter (where placed_at > now() - interval '90 days') as orders_90_days,
        extract(day from now() - max(placed_at)) as days_silent
    from shop.orders
    group by customer_id
) o using (customer_id);
