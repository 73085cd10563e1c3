select
  profile_key,
  identity,
  unnest(cast(object_ids as varchar[])) as object_id,
  _sdc_batched_at as loaded_at
from {{ source('clevertap', 'profiles') }}
