-- Minimum, headline and maximum are in order and say the same as the qualifier, and unknown is null: no zero amount, no
-- zero headcount, no date of 1970.
with

claims as (

    select * from {{ ref('int_claims_resolved') }}

),

wrong as (

    select claim_id, amount_min, amount, amount_max, qualifier, headcount_min, headcount, headcount_max, event_date
    from claims
    where (qualifier in ('at_least', 'more_than') and (amount_max is not null or amount_min is null))
        or (qualifier in ('up_to', 'less_than') and amount_max is null)
        or (qualifier = 'exact' and (amount_min is distinct from amount or amount_max is distinct from amount))
        or (headcount_qualifier in ('at_least', 'more_than') and headcount_max is not null)
        or amount_min > amount or amount > amount_max or amount_min > amount_max
        or headcount_min > headcount or headcount > headcount_max or headcount_min > headcount_max
        or amount = 0
        or headcount = 0
        or date '1970-01-01' in (event_date, announcement_date, publication_date)

)

select * from wrong
