-- A warehouse's copy to try the example with: what examples/postgres loads, with few columns.
create schema if not exists clevertap;

create table clevertap.events (
    event_key text primary key,
    event_name text,
    event_time timestamp,             -- UTC
    identity text,
    all_identities text[],
    object_id text
);

create table clevertap.profiles (
    profile_key text primary key,
    identity text,
    all_identities text[],
    object_ids text[]
);

insert into clevertap.events
select md5(u || n::text), 'Charged', '2026-08-01', 'customer-' || u, null, 'device-' || u
from generate_series(1, 4) u, generate_series(1, 3) n;
insert into clevertap.events values
    ('anonymous-1', 'Search', '2026-07-31', null, null, 'device-1'),
    ('anonymous-9', 'Search', '2026-07-31', null, null, 'device-9');
insert into clevertap.profiles
select md5(u::text), 'customer-' || u, null, array['device-' || u]
from generate_series(1, 4) u;
