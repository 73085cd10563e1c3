{# Each device and its user's newest identity: a device whose user was anonymous, or was merged into
another user, belongs to the new user with all that it did before. #}
with seen as (
  select object_id, identity, loaded_at from {{ ref('stg_activity') }}
  union all
  select object_id, identity, loaded_at from {{ ref('stg_profiles') }}
)

select
  object_id,
  arg_max(identity, (loaded_at, identity)) filter (identity is not null) as identity,
  max(loaded_at) as last_loaded_at
from seen
where object_id is not null
group by object_id
