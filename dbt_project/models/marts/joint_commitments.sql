{{ config(materialized='patched', key='commitment_id', affected='int_commitments_recounted') }}
with

commitments as (

    select * from {{ ref('int_commitments_counted') }}
    where is_joint and is_contribution and not is_rejected
        and {{ is_affected('int_commitments_recounted', 'commitment_id') }}

),

contributors as (

    select * from {{ ref('int_commitment_contributors') }}

),

final as (

    select
        commitments.commitment_id,
        contributors.entity_id as contributor_id,
        contributors.name as contributor,
        contributors.type as contributor_type,
        contributors.iso3,
        commitments.contributors_n,
        commitments.counterpart_id as recipient_id,
        commitments.counterpart_name as recipient,
        commitments.amount as group_amount,
        commitments.amount_min as group_amount_min,
        commitments.amount_max as group_amount_max,
        commitments.currency,
        commitments.qualifier,
        commitments.usd_min as group_usd_min,
        commitments.counted_usd as group_counted_usd,
        contributors.share_amount,
        contributors.share_currency,
        contributors.share_usd,
        commitments.stage as current_stage,
        commitments.include_in_totals,
        commitments.exclude_reason,
        commitments.documents_n,
        commitments.independent_sources_n,
        commitments.best_quote
    from commitments
    inner join contributors using (commitment_id)

)

select * from final
