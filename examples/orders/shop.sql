-- A shop to try the example with. Replace it by your own tables.
create schema if not exists shop;

create table shop.orders (
    order_no text primary key,
    customer_id text not null,        -- as the app's SDK calls the user
    status text not null,             -- open, paid, shipped, cancelled
    currency char(3) not null,
    total numeric(12, 2) not null,
    placed_at timestamp not null      -- the shop's wall clock, in Asia/Kolkata
);

create table shop.order_lines (
    order_no text references shop.orders,
    line_no integer,
    product text not null,
    quantity integer not null,
    price numeric(12, 2) not null,
    primary key (order_no, line_no)
);

create table shop.refunds (
    refund_no text primary key,
    order_no text not null references shop.orders,
    amount numeric(12, 2) not null,
    reason text,
    refunded_at timestamp not null
);

insert into shop.orders values
    ('A-1', 'customer-1', 'paid', 'INR', 840.00, '2026-08-01 00:15:00'),
    ('A-2', 'customer-2', 'paid', 'USD', 12.50, '2026-08-01 19:30:00'),
    ('A-3', 'customer-1', 'open', 'INR', 99.00, '2026-08-02 08:00:00');
insert into shop.order_lines values
    ('A-1', 1, 'Assam', 2, 300.00),
    ('A-1', 2, 'Mug', 1, 240.00),
    ('A-2', 1, 'Darjeeling', 1, 12.50),
    ('A-3', 1, 'Nilgiri', 1, 99.00);
