{{ config(enabled=var('charges')) }}
with charged as (
  select
    {{ event_fields() }},
    coalesce(
      -- of its own text: DuckDB rounds integers of more than 64 bits that it takes out of JSON
      nullif(regexp_extract(cast(event_props as varchar), '"Charged ID"\s*:\s*([0-9]{19,})', 1), ''),
      -- an empty text is no id: all charges with one would be the same charge
      nullif(trim({{ property('event_charged', 'charged_id', 'Charged ID') }}), '')
    ) as charged_id,
    {{ property('event_charged', 'amount', 'Amount') }} as amount_text,
    nullif(trim({{ property('event_charged', 'currency', 'Currency') }}), '') as currency,
    {{ property('event_charged', 'payment_mode', 'Payment mode') }} as payment_mode,
    try_cast({{ property('event_charged', 'items', 'Items') }} as json) as items
  from {{ source('clevertap', 'event_charged') }}
)

select
  * exclude (amount_text),
  -- by way of a double: text such as 1e3 is a number too; too large or no number is null
  try_cast(try_cast(amount_text as double) as decimal(18, 4)) as amount
from charged
