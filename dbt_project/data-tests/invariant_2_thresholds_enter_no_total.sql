-- Thresholds, targets, needs, budgets, costs and totals raised are in no total, and nothing else
-- than a live contribution with a dollar value is.
with

commitments as (

    select * from {{ ref('commitments') }}

),

wrong as (

    select commitment_id, commitment_type, role, current_stage, include_in_totals, exclude_reason, counted_usd
    from commitments
    where include_in_totals <> (exclude_reason is null)
        or include_in_totals <> (counted_usd is not null)
        or (include_in_totals and (
            role is distinct from 'contribution'
            or stage_group not in ('pledged', 'committed', 'disbursed')
            or contributors_n = 0
            or usd_min is null
        ))

)

select * from wrong
