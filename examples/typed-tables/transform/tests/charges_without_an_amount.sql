{{ config(severity='warn', enabled=var('charges')) }}
-- no property Amount, or no number in it: revenue counts them apart
select charge_key from {{ ref('charges') }} where amount is null
