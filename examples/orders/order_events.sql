-- What happened to orders: rows are added, and never changed. The pipeline reads this table.
create schema if not exists clevertap;

create table if not exists clevertap.order_events (
    event_key text primary key,       -- this name: the ledger knows an event by it alone
    event_name text not null,
    customer_id text not null,
    happened_at timestamptz not null,
    order_no text not null,
    amount numeric(12, 2) not null,
    currency text not null,
    items jsonb,
    reason text,
    noted_at timestamptz not null default clock_timestamp()
);

create index if not exists order_events_of_order on clevertap.order_events (order_no);

-- Whether an order of this status is charged: the words of shop.orders, all of them.
create or replace function clevertap.is_charged(status text) returns boolean
language plpgsql immutable as $$
begin
    case status
        when 'paid', 'shipped' then return true;
        when 'open', 'cancelled' then return false;
        else raise exception 'shop.orders: the status % is unknown', coalesce(status, 'null')
            using hint = 'Name it in clevertap.is_charged.';
    end case;
end
$$;

-- The moment of a time: a timestamp is the shop's wall clock, a timestamptz is a moment already.
create or replace function clevertap.moment(at_shop timestamp) returns timestamptz
language sql immutable as $$ select at_shop at time zone 'Asia/Kolkata' $$;

create or replace function clevertap.moment(moment timestamptz) returns timestamptz
language sql immutable as $$ select moment $$;

-- What the shop has of charged orders, less what their events come to: no row, if it is equal.
-- An order that is not charged any more comes to what was refunded of it, so its revenue is 0.
create or replace view clevertap.order_differences as
select order_no, part, currency, sum(amount) as difference
from (
    select
        o.order_no, 'order' as part, o.currency::text,
        case
            when clevertap.is_charged(o.status) then o.total
            else (
                select coalesce(sum(r.amount), 0) from shop.refunds r where r.order_no = o.order_no
            )
        end as amount
    from shop.orders o
    union all
    select order_no, 'refunds', o.currency, r.amount
    from shop.refunds r
    join shop.orders o using (order_no)
    union all
    select
        order_no, case event_name when 'Order Refunded' then 'refunds' else 'order' end, currency,
        -amount
    from clevertap.order_events
) amounts
where order_no in (select order_no from clevertap.order_events)
group by order_no, part, currency
having sum(amount) <> 0;

create or replace procedure clevertap.note_orders() language sql as $$
    -- One writer at a time: so a later row never has an earlier noted_at.
    lock table clevertap.order_events in share row exclusive mode;

    -- A paid order, as it is when it is seen for the first time.
    insert into clevertap.order_events
    select
        'order ' || o.order_no, 'Charged', o.customer_id,
        clevertap.moment(o.placed_at),
        o.order_no, o.total, o.currency,
        (
            select jsonb_agg(
                jsonb_build_object('Product', l.product, 'Quantity', l.quantity, 'Price', l.price)
                order by l.line_no
            )
            from shop.order_lines l
            where l.order_no = o.order_no
        ),
        null
    from shop.orders o
    where clevertap.is_charged(o.status)
    on conflict do nothing;

    -- A refund of an order that was charged: one that was cancelled before is no revenue.
    insert into clevertap.order_events
    select
        'refund ' || r.refund_no, 'Order Refunded', o.customer_id,
        clevertap.moment(r.refunded_at),
        r.order_no, r.amount, o.currency, null, r.reason
    from shop.refunds r
    join shop.orders o using (order_no)
    where order_no in (select order_no from clevertap.order_events)
    on conflict do nothing;

    -- The difference, if total, currency or status are others now: one for each currency.
    insert into clevertap.order_events
    select
        'correction ' || o.order_no || ' ' || known.events + row_number() over of_order - 1,
        'Order Corrected', o.customer_id, clock_timestamp(),
        o.order_no, d.difference, d.currency, null, o.status
    from clevertap.order_differences d
    join shop.orders o using (order_no)
    join lateral (
        select count(*) as events
        from clevertap.order_events e
        where e.order_no = o.order_no and e.event_name in ('Charged', 'Order Corrected')
    ) known on d.part = 'order'
    window of_order as (partition by o.order_no order by d.currency);
$$;
