{{ config(materialized='patched', key='commitment_id', affected='int_commitments_recounted') }}
with

commitments as (

    select * from {{ ref('int_commitments_counted') }}
    where record_type = 'troop_commitment' and not is_rejected
        and {{ is_affected('int_commitments_recounted', 'commitment_id') }}

),

contributor_names as (

    select
        commitment_id,
        array_to_string(list_sort(list(name)), '; ') as contributors
    from {{ ref('int_commitment_contributors') }}
    where {{ is_affected('int_commitments_recounted', 'commitment_id') }}
    group by commitment_id

),

headcounts as (

    select
        commitment_id,
        cast(max(value_min) filter (where stage_group = 'promised') as bigint) as promised_min,
        cast(max(value_max) filter (where stage_group = 'promised') as bigint) as promised_max,
        cast(max(value_min) filter (where stage_group = 'deployed') as bigint) as deployed_min,
        cast(max(value_max) filter (where stage_group = 'deployed') as bigint) as deployed_max,
        cast(max(value_min) filter (where stage_group = 'withdrawn') as bigint) as withdrawn_min,
        cast(max(value_max) filter (where stage_group = 'withdrawn') as bigint) as withdrawn_max
    from {{ ref('int_commitment_values') }}
    where measure = 'headcount' and is_preferred
    group by commitment_id

),

conflicts as (

    select distinct commitment_id from {{ ref('conflicts') }}
    where is_contradiction

),

final as (

    select
        commitments.commitment_id,
        coalesce(commitments.counterpart_id, 'unnamed-force-' || commitments.host_id, 'unknown') as force_id,
        coalesce(commitments.counterpart_name, 'unnamed force') as force,
        commitments.host_id,
        commitments.contributor_key as contributor_ids,
        contributor_names.contributors,
        commitments.contributors_n,
        commitments.is_joint,
        array_to_string(commitments.personnel_types, ', ') as personnel_types,
        headcounts.promised_min,
        headcounts.promised_max,
        headcounts.deployed_min,
        headcounts.deployed_max,
        headcounts.withdrawn_min,
        headcounts.withdrawn_max,
        commitments.equipment,
        commitments.stage as current_stage,
        commitments.stage_group,
        commitments.stage_since,
        commitments.realis,
        commitments.planned_next_stage,
        commitments.requester,
        commitments.parent_id as parent_commitment_id,
        commitments.link_kind,
        coalesce(commitments.link_kind in ('part_of', 'possible_part_of'), false) as is_part,
        conflicts.commitment_id is not null as has_conflict,
        commitments.documents_n,
        commitments.independent_sources_n,
        commitments.first_seen,
        commitments.last_seen,
        commitments.best_quote
    from commitments
    left join contributor_names using (commitment_id)
    left join headcounts using (commitment_id)
    left join conflicts using (commitment_id)

)

select * from final
