with

claims as (

    select * from {{ ref('int_claims_resolved') }}

),

clustered as (

    select claim_id, commitment_id from {{ ref('int_claims_clustered') }}

),

commitments as (

    select commitment_id, stage, stage_since, counted_usd from {{ ref('int_commitments_counted') }}

),

ordered as (

    select
        claims.*,
        clustered.commitment_id,
        commitments.stage as current_stage,
        commitments.counted_usd as commitment_counted_usd,
        row_number() over (
            partition by clustered.commitment_id
            order by
                (claims.advances_stage and claims.stage = commitments.stage) desc,
                (claims.effective_date = commitments.stage_since) desc nulls last,
                claims.source_rank,
                claims.document_id,
                claims.ordinal,
                claims.claim_id
        ) as decision_n
    from claims
    inner join clustered using (claim_id)
    inner join commitments using (commitment_id)

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
        current_stage is not null and decision_n = 1 as is_standing,
        case when current_stage is not null and decision_n = 1 then commitment_counted_usd end as counted_usd,
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
