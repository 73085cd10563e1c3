{{ config(severity='warn') }}
-- neither a device nor an identity: they are in revenue, and in no session, funnel or cohort
select event_key from {{ ref('activity') }} where user_key is null
