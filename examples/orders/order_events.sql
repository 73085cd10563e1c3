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

create or replace procedure clevertap.note_orders() language sql as $$
    -- One writer at a time: so a later row never has an earlier noted_at.
    lock table clevertap.order_events in share row exclusive mode;

    -- A paid order, as it is when it is seen for the first time.
    insert into clevertap.order_events
    select
        'order ' || o.order_no, 'Charged', o.customer_id,
        o.placed_at at time zone 'Asia/Kolkata',      -- the shop's clock, to a moment
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
    where o.status not in ('open', 'cancelled')
    on conflict do nothing;

    -- The difference, if the total is another one now. A cancelled order has a total of 0.
    insert into clevertap.order_events
    select
        'correction ' || o.order_no || ' ' || k.events, 'Order Corrected', o.customer_id,
        clock_timestamp(), o.order_no, k.difference, o.currency, null, o.status
    from shop.orders o
    join lateral (
        select
            count(*) as events,
            case when o.status = 'cancelled' then 0 else o.total end - sum(e.amount) as difference
        from clevertap.order_events e
        where e.order_no = o.order_no and e.event_name in ('Charged', 'Order Corrected')
    ) k on k.events > 0 and k.difference <> 0;

    insert into clevertap.order_events
    select
        'refund ' || r.refund_no, 'Order Refunded', o.customer_id,
        r.refunded_at at time zone 'Asia/Kolkata',
        r.order_no, r.amount, o.currency, null, r.reason
    from shop.refunds r
    join shop.orders o using (order_no)
    on conflict do nothing;
$$;

create index if not exists order_events_of_order on clevertap.order_events (order_no);
