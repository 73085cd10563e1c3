-- A shop to try the example with. Replace it by your own tables.
create schema shop;

create table shop.customers (
    id text primary key,              -- as the app's SDK calls the user
    name text,
    email text,
    lifetime_value numeric(14, 2),
    updated_at timestamptz not null
);

create table shop.orders (
    id bigint primary key,
    customer_id text not null,
    total numeric(12, 2) not null,
    currency char(3) not null,
    lines jsonb,
    placed_at timestamptz not null,
    updated_at timestamptz not null   -- when the row was written: only later rows are read
);

insert into shop.customers values
    ('customer-1', 'Zoë', 'zoe@example.org', 840, '2026-08-01 12:00+00'),
    ('customer-2', 'Li Wei', 'not an address', 12.5, '2026-08-01 12:00+00');
insert into shop.orders values
    (1, 'customer-1', 840, 'INR', '[{"Product": "Assam", "Quantity": 2, "Price": 420}]',
     '2026-08-01 10:00+00', '2026-08-01 10:00+00'),
    (2, 'customer-2', 12.5, 'USD', null, '2026-08-01 11:00+00', '2026-08-01 11:00+00');
