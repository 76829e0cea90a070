with

pegs as (

    select * from {{ ref('currency_pegs') }}

),

-- Rates of a quarter of a century, of which the claims need a few currencies.
used as (

    select currency from {{ ref('int_claims_resolved') }}
    union
    select pegs.anchor_currency as currency
    from pegs
    inner join {{ ref('int_claims_resolved') }} as claims using (currency)

),

rates as (

    -- One rate per currency and day; the source that comes first by name, so that the choice
    -- never depends on the order of loading.
    select
        currency,
        rate_date,
        arg_min(usd_per_unit, (rate_source, usd_per_unit)) as usd_per_unit,
        min(rate_source) as rate_source
    from {{ ref('stg_extraction__exchange_rates') }}
    where currency <> 'USD' and currency in (select currency from used)
    group by currency, rate_date

),

through_anchor as (

    select
        pegs.currency,
        rates.rate_date,
        rates.usd_per_unit / pegs.units_per_anchor as usd_per_unit,
        rates.rate_source || '; peg ' || pegs.units_per_anchor || ' per ' || pegs.anchor_currency || ', ' || pegs.source
            as rate_source
    from pegs
    inner join rates
        on pegs.anchor_currency = rates.currency
        and rates.rate_date >= pegs.valid_from
        and rates.rate_date <= coalesce(pegs.valid_to, date '9999-12-31')
    where pegs.anchor_currency <> 'USD'

),

final as (

    select currency, rate_date, usd_per_unit, rate_source from rates
    where currency not in (select currency from pegs where anchor_currency <> 'USD')
    union all
    select currency, rate_date, usd_per_unit, rate_source from through_anchor

)

select * from final
