{{ config(materialized='patched', key='commitment_id', affected='int_commitments_recounted') }}
with

commitments as (

    select * from {{ ref('int_commitments_counted') }}
    where {{ is_affected('int_commitments_recounted', 'commitment_id') }}

),

contributor_names as (

    select
        commitment_id,
        array_to_string(list_sort(list(name)), '; ') as contributors,
        string_agg(entity_id, '|' order by entity_id) as contributor_ids
    from {{ ref('int_commitment_contributors') }}
    where {{ is_affected('int_commitments_recounted', 'commitment_id') }}
    group by commitment_id

),

conflicts as (

    select distinct commitment_id from {{ ref('conflicts') }}
    where is_contradiction

),

documents as (

    select document_id, source_location from {{ ref('int_documents_current') }}

),

stage_ranks as (

    select * from {{ ref('stage_ranks') }}

),

final as (

    select
        commitments.commitment_id,
        commitments.record_type as commitment_type,
        case
            when not commitments.is_contribution then null
            when commitments.has_amount or commitments.main_resource = 'financial' then 'financial'
            else 'in_kind'
        end as contribution_type,
        commitments.role,
        contributor_names.contributors,
        contributor_names.contributor_ids,
        commitments.contributors_n,
        commitments.is_joint,
        commitments.counterpart_id as recipient_id,
        commitments.counterpart_name as recipient,
        commitments.counterpart_type as recipient_type,
        commitments.host_id,
        commitments.aid_type,
        commitments.finance_type,
        commitments.main_resource,
        commitments.purpose,
        commitments.period,
        commitments.condition,
        commitments.amount,
        commitments.amount_min,
        commitments.amount_max,
        commitments.currency,
        commitments.currency_is_inferred,
        commitments.qualifier,
        commitments.amount_usd,
        commitments.usd_min,
        commitments.usd_max,
        commitments.value_date,
        commitments.exchange_rate,
        commitments.rate_date,
        commitments.rate_source,
        commitments.headcount,
        commitments.headcount_min,
        commitments.headcount_max,
        commitments.equipment,
        commitments.stage as current_stage,
        commitments.stage_group,
        commitments.stage_since,
        commitments.realis,
        commitments.planned_next_stage,
        case when commitments.is_contribution then stage_ranks.iati_code end as iati_transaction_type,
        commitments.is_umbrella,
        commitments.include_in_totals,
        commitments.exclude_reason,
        commitments.drawn_usd,
        commitments.counted_usd,
        commitments.parent_id as parent_commitment_id,
        commitments.link_kind,
        commitments.link_reason,
        commitments.cluster_reasons,
        commitments.override_note,
        conflicts.commitment_id is not null as has_conflict,
        commitments.claims_n,
        commitments.documents_n,
        commitments.independent_sources_n,
        array_to_string(commitments.languages, ', ') as languages,
        commitments.first_seen,
        commitments.last_seen,
        commitments.best_quote,
        commitments.best_document_id,
        documents.source_location as best_source
    from commitments
    left join contributor_names using (commitment_id)
    left join conflicts using (commitment_id)
    left join documents on commitments.best_document_id = documents.document_id
    left join stage_ranks
        on commitments.stage = stage_ranks.stage
        and stage_ranks.record_type = 'pledge'

)

select * from final
