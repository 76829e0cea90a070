{{ config(materialized='patched', key='commitment_id', affected='int_commitments_recounted') }}
with

clustered as (

    select claim_id, commitment_id from {{ ref('int_claims_clustered') }}
    where {{ is_affected('int_commitments_recounted', 'commitment_id') }}

),

claims as {{ claims_of('clustered') }},

commitments as (

    select commitment_id, stage, stage_since, counted_usd from {{ ref('int_commitments_counted') }}
    where {{ is_affected('int_commitments_recounted', 'commitment_id') }}

),

-- The event that the current stage rests on: one row per commitment, found before the wide rows are read.
standing as (

    select
        commitments.commitment_id,
        any_value(commitments.counted_usd) as commitment_counted_usd,
        arg_min(claims.claim_id, (
            not coalesce(claims.advances_stage and claims.stage = commitments.stage, false),
            not coalesce(claims.effective_date = commitments.stage_since, false),
            claims.source_rank,
            claims.document_id,
            claims.ordinal,
            claims.claim_id
        )) as claim_id
    from commitments
    inner join clustered using (commitment_id)
    inner join claims using (claim_id)
    where commitments.stage is not null
    group by commitments.commitment_id

),

ordered as (

    select
        claims.*,
        clustered.commitment_id,
        standing.claim_id is not null as is_standing,
        standing.commitment_counted_usd
    from claims
    inner join clustered using (claim_id)
    left join standing on claims.claim_id = standing.claim_id

),

final as (

    select
        claim_id as event_id,
        commitment_id,
        record_id,
        document_id,
        effective_date,
        event_date,
        event_date_precision,
        event_date_basis,
        announcement_date,
        publication_date,
        known_date,
        stage,
        stage_words,
        realis,
        condition,
        advances_stage,
        is_standing,
        commitment_counted_usd as counted_usd,
        amount,
        currency,
        qualifier,
        headcount,
        speaker,
        source_kind,
        language,
        quote
    from ordered

)

select * from final
