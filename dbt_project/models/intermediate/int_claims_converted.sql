{{ config(materialized='patched', key='record_id', affected='int_records_changed') }}
with

claims as (

    select claim_id, record_id, currency, value_date, amount, amount_min, amount_max, qualifier
    from {{ ref('int_claims_resolved') }}
    where coalesce(amount, amount_min, amount_max) is not null
        and {{ is_affected('int_records_changed', 'record_id') }}

),

rates as (

    select * from {{ ref('int_exchange_rates_pegged') }}

),

dollar_pegs as (

    select * from {{ ref('currency_pegs') }} where anchor_currency = 'USD'

),

matched as (

    select
        claims.*,
        rates.usd_per_unit,
        rates.rate_date,
        rates.rate_source
    from claims
    asof left join rates
        on claims.currency = rates.currency
        and claims.value_date >= rates.rate_date

),

rated as (

    select
        matched.claim_id,
        matched.record_id,
        matched.currency,
        matched.value_date,
        matched.amount,
        matched.amount_min,
        matched.amount_max,
        matched.qualifier,
        case
            when matched.currency = 'USD' then 1.0
            when dollar_pegs.currency is not null then 1.0 / dollar_pegs.units_per_anchor
            when matched.value_date - matched.rate_date <= {{ var('rate_days') }} then matched.usd_per_unit
        end as exchange_rate,
        case
            when matched.currency = 'USD' or dollar_pegs.currency is not null then matched.value_date
            when matched.value_date - matched.rate_date <= {{ var('rate_days') }} then matched.rate_date
        end as rate_date,
        case
            when matched.currency = 'USD' then 'identity'
            when dollar_pegs.currency is not null
                then 'peg ' || dollar_pegs.units_per_anchor || ' per USD, ' || dollar_pegs.source
            when matched.value_date - matched.rate_date <= {{ var('rate_days') }} then matched.rate_source
        end as rate_source
    from matched
    left join dollar_pegs
        on matched.currency = dollar_pegs.currency
        -- Without a date only a peg that still holds can be trusted.
        and (
            matched.value_date >= dollar_pegs.valid_from
            or (matched.value_date is null and dollar_pegs.valid_to is null)
        )
        and (matched.value_date <= dollar_pegs.valid_to or dollar_pegs.valid_to is null)

),

final as (

    select
        claim_id,
        record_id,
        currency,
        value_date,
        exchange_rate,
        rate_date,
        rate_source,
        cast(round(amount * exchange_rate, 2) as decimal(38, 2)) as amount_usd,
        -- "up to 5 million" proves nothing from below.
        cast(round(
            coalesce(amount_min, case when qualifier in ('up_to', 'less_than') then 0 else amount end) * exchange_rate, 2
        ) as decimal(38, 2)) as usd_min,
        cast(round(amount_max * exchange_rate, 2) as decimal(38, 2)) as usd_max
    from rated

)

select * from final
