-- A dollar value is the amount times the rate of its date; null exactly when there is no rate or no
-- currency; a rate is never later than the date it stands for, nor more than a week older.
with

commitments as (

    select * from {{ ref('commitments') }}

),

corrected as (

    select distinct commitment_id from {{ ref('commitment_overrides') }} where action = 'correct'

),

wrong as (

    select commitment_id, amount, amount_min, currency, exchange_rate, amount_usd, usd_min, rate_date, value_date
    from commitments
    anti join corrected using (commitment_id)
    where (amount is not null and (amount_usd is null) <> (exchange_rate is null))
        or (exchange_rate is not null and currency is null)
        or abs(amount_usd - amount * exchange_rate) > greatest(0.01, 1e-9 * abs(amount_usd))
        or abs(usd_min - coalesce(amount_min, 0) * exchange_rate) > greatest(0.01, 1e-9 * abs(usd_min))
            and qualifier not in ('up_to', 'less_than')
            and amount_min is not null
        or (currency = 'USD' and exchange_rate <> 1)
        or rate_date > value_date
        or value_date - rate_date > {{ var('rate_days') }}

)

select * from wrong
