{{ config(materialized='patched', key='commitment_id', affected='int_commitments_affected') }}
with

clustered as (

    select claim_id, commitment_id, is_restated from {{ ref('int_claims_clustered') }}
    where {{ is_affected('int_commitments_affected', 'commitment_id') }}

),

claims as {{ claims_of('clustered') }},

converted as (

    select * from {{ ref('int_claims_converted') }}

),

states as (

    select * from {{ ref('int_commitment_states') }}
    where known_to is null

),

measured as (

    select
        claim_id,
        'money' as measure,
        coalesce(amount, amount_min, amount_max) as headline,
        amount as value,
        amount_min as value_min,
        amount_max as value_max,
        qualifier,
        currency
    from claims
    where coalesce(amount, amount_min, amount_max) is not null
    union all
    select
        claim_id,
        'headcount' as measure,
        coalesce(headcount, headcount_min, headcount_max) as headline,
        headcount as value,
        headcount_min as value_min,
        headcount_max as value_max,
        headcount_qualifier as qualifier,
        null as currency
    from claims
    where coalesce(headcount, headcount_min, headcount_max) is not null
    union all
    select
        claim_id,
        'equipment' as measure,
        coalesce(equipment, equipment_min, equipment_max) as headline,
        equipment as value,
        equipment_min as value_min,
        equipment_max as value_max,
        null as qualifier,
        null as currency
    from claims
    where coalesce(equipment, equipment_min, equipment_max) is not null

),

valued as (

    select
        measured.*,
        clustered.commitment_id,
        -- How many were promised and how many came are two questions; a sum of money is one.
        case when measured.measure = 'money' then 'any' else coalesce(claims.stage_group, 'any') end as stage_group,
        coalesce(measured.qualifier, '') in ('at_least', 'more_than') as is_open,
        claims.advances_stage,
        claims.is_raise and measured.measure = 'money' as is_raise,
        claims.is_cut and measured.measure = 'money' as is_cut,
        clustered.is_restated and measured.measure = 'money' as is_restated,
        claims.source_rank,
        claims.source_key,
        claims.document_id,
        claims.effective_date,
        claims.own_date
    from measured
    inner join claims using (claim_id)
    inner join clustered using (claim_id)

),

-- What is said to go beyond other values, or to take their place.
turns as (

    select
        commitment_id,
        measure,
        stage_group,
        max(headline) filter (where is_open) as highest_open,
        max(headline) filter (where is_raise) as highest_raised,
        min(headline) filter (where is_cut) as lowest_cut,
        max(effective_date) filter (where is_cut) as last_cut_date,
        min(effective_date) filter (where is_restated) as restated_date
    from valued
    where is_open or is_raise or is_cut or is_restated
    group by commitment_id, measure, stage_group

),

counted as (

    select
        valued.*,
        turns.highest_open,
        turns.highest_raised,
        turns.lowest_cut,
        turns.last_cut_date,
        turns.restated_date
    from valued
    left join turns
        on valued.commitment_id = turns.commitment_id
        and valued.measure = turns.measure
        and valued.stage_group = turns.stage_group

),

-- One row per value that anybody gives, with the report that speaks for it.
distinct_values as (

    select
        commitment_id,
        measure,
        stage_group,
        headline,
        value,
        value_min,
        value_max,
        qualifier,
        currency,
        bool_or(advances_stage) as is_asserted,
        -- "more than 5" is an earlier value when somebody says "more than 7", and 5 when it was raised to 7.
        -- What was cut to 8.5 is no longer 9, unless somebody says so later. Of 146 promised and 160 signed the 160 stand.
        bool_or(
            is_open and headline < highest_open
            or coalesce(headline < highest_raised, false)
            or coalesce(headline > lowest_cut and effective_date <= last_cut_date, false)
            or not is_restated and coalesce(effective_date < restated_date, false)
        ) as is_superseded,
        min(source_rank) as source_rank,
        {{ distinct_n('source_key') }} as independent_sources_n,
        {{ distinct_n('document_id') }} as documents_n,
        max(effective_date) as last_date,
        -- The most trusted report speaks for a value, the earliest among equals.
        arg_min(claim_id, (source_rank, own_date is null, own_date, effective_date is null, effective_date, claim_id))
            as claim_id
    from counted
    group by commitment_id, measure, stage_group, headline, value, value_min, value_max, qualifier, currency

),

rough_rates as (

    select currency as rough_currency from {{ ref('rough_rates') }}

),

ranked as (

    select
        distinct_values.*,
        row_number() over (
            partition by commitment_id, measure, stage_group
            order by
                is_asserted desc,
                is_superseded,
                currency is null,
                -- A sum in a currency that has no published rate would be worth nothing in dollars.
                rough_currency is not null,
                source_rank,
                independent_sources_n desc,
                last_date desc nulls last,
                headline desc,
                qualifier,
                currency
        ) as preference_n
    from distinct_values
    left join rough_rates on distinct_values.currency = rough_rates.rough_currency

),

final as (

    select
        ranked.commitment_id,
        ranked.measure,
        ranked.stage_group,
        ranked.preference_n,
        ranked.preference_n = 1 as is_preferred,
        ranked.is_superseded,
        ranked.value,
        ranked.value_min,
        ranked.value_max,
        ranked.headline,
        ranked.qualifier,
        ranked.currency,
        ranked.source_rank,
        claims.source_kind,
        claims.speaker,
        ranked.independent_sources_n,
        ranked.documents_n,
        ranked.last_date,
        ranked.claim_id,
        claims.document_id,
        claims.quote,
        converted.amount_usd,
        converted.usd_min,
        converted.usd_max,
        converted.exchange_rate,
        converted.rate_date,
        converted.rate_source,
        converted.value_date,
        states.stage_group is not distinct from ranked.stage_group as is_standing_stage
    from ranked
    inner join claims on ranked.claim_id = claims.claim_id
    left join converted on ranked.claim_id = converted.claim_id
    left join states on ranked.commitment_id = states.commitment_id

)

select * from final
