create schema if not exists privacy;

create table if not exists privacy.requests (
    request_id text primary key,
    user_id text not null             -- as the app's SDK calls the user
        check (user_id ~ '^\S(.*\S)?$' and length(user_id) <= 1024),
    received_at timestamptz not null
);

-- What was deleted in the copy for a request.
create table if not exists privacy.erased (
    request_id text references privacy.requests,
    erased_at timestamptz not null default now(),
    events bigint not null,
    profiles bigint not null
);

-- Hashes of devices: their anonymous events may come once more, when the user is gone.
create table if not exists privacy.devices (
    request_id text references privacy.requests,
    device bytea,
    primary key (request_id, device)
);

-- The lines of the account's file of deletions.
create table if not exists privacy.receipts (line jsonb);

-- What happened until the request is deleted in the copy. What is later stays there.
-- A user may have further identities. Until one was known, rows have the device alone.
create or replace procedure privacy.erase_copy() language plpgsql as $$
declare
    request record;
    of_events bigint;
    of_profiles bigint;
begin
    for request in select * from privacy.requests order by received_at loop
        insert into privacy.devices
        select distinct request.request_id, sha256(convert_to(object_id, 'UTF8'))
        from (
            select object_id from clevertap.events
            where identity = request.user_id or to_jsonb(all_identities) ? request.user_id
            union
            select jsonb_array_elements_text(to_jsonb(object_ids)) from clevertap.profiles
            where identity = request.user_id or to_jsonb(all_identities) ? request.user_id
        ) known
        where object_id is not null
        on conflict do nothing;

        delete from clevertap.events e
        where e.event_time <= request.received_at at time zone 'UTC' and (
            e.identity = request.user_id
            or to_jsonb(e.all_identities) ? request.user_id
            or e.identity is null and sha256(convert_to(e.object_id, 'UTF8')) in (
                select device from privacy.devices where request_id = request.request_id
            )
        );
        get diagnostics of_events = row_count;

        delete from clevertap.profiles p
        where (
            p.identity = request.user_id
            or to_jsonb(p.all_identities) ? request.user_id
            or p.identity is null and exists (
                select from jsonb_array_elements_text(to_jsonb(p.object_ids)) as own (device)
                join privacy.devices d on d.device = sha256(convert_to(own.device, 'UTF8'))
                where d.request_id = request.request_id
            )
        )
        and not exists (
            select from clevertap.events e
            where e.identity = p.identity
            or e.identity is null and p.identity is null
            and to_jsonb(p.object_ids) ? e.object_id
        );
        get diagnostics of_profiles = row_count;

        if of_events + of_profiles > 0 then
            insert into privacy.erased (request_id, events, profiles)
            values (request.request_id, of_events, of_profiles);
        end if;
    end loop;
end
$$;

-- Requests that CleverTap has not accepted, of users who did something since. CleverTap deletes a
-- user as a whole, so it deletes that too.
create or replace view privacy.came_back as
select r.request_id, r.user_id, r.received_at, max(e.event_time) as last_event
from privacy.requests r
join clevertap.events e
    on e.identity = r.user_id or to_jsonb(e.all_identities) ? r.user_id
where e.event_time > r.received_at at time zone 'UTC' and not exists (
    select from privacy.receipts
    where (line ->> 'at')::timestamptz >= date_trunc('second', r.received_at)
    and line -> 'identities'
        ? encode(sha256(convert_to((line ->> 'salt') || r.user_id, 'UTF8')), 'hex')
)
group by r.request_id, r.user_id, r.received_at
order by r.received_at;

-- One line for each request, and nobody's name.
create or replace view privacy.proof as
select
    r.request_id,
    r.received_at,
    (
        select min((line ->> 'at')::timestamptz)
        from privacy.receipts
        where (line ->> 'at')::timestamptz >= date_trunc('second', r.received_at)
        and line -> 'identities'
            ? encode(sha256(convert_to((line ->> 'salt') || r.user_id, 'UTF8')), 'hex')
    ) as accepted_by_clevertap,
    (select coalesce(sum(events), 0) from privacy.erased e where e.request_id = r.request_id)
        as events_in_copy,
    (select coalesce(sum(profiles), 0) from privacy.erased e where e.request_id = r.request_id)
        as profiles_in_copy
from privacy.requests r
order by r.received_at;
