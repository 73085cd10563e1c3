-- Customers and orders to try the example with. Replace them by your own tables.
create schema if not exists shop;

create table shop.customers (
    customer_id text primary key,     -- as the app's SDK calls the user
    joined_at timestamptz not null
);

create table shop.orders (
    order_no text primary key,
    customer_id text not null references shop.customers,
    total numeric(12, 2) not null,
    placed_at timestamptz not null
);

insert into shop.customers
select 'customer-' || n, now() - n * interval '10 days' from generate_series(1, 12) n;

insert into shop.orders
select 'A-' || n, 'customer-' || 1 + n % 10, n * 50, now() - n * interval '5 days'
from generate_series(1, 40) n;
