with

commitments as (

    select * from {{ ref('int_commitments_counted') }}
    where record_type = 'membership' and not is_rejected

),

members as (

    select * from {{ ref('int_commitment_contributors') }}

),

conflicts as (

    select distinct commitment_id from {{ ref('conflicts') }}
    where is_contradiction

),

final as (

    select
        commitments.commitment_id as membership_id,
        members.entity_id as member_id,
        members.name as member,
        members.type as member_type,
        members.iso3 as member_iso3,
        commitments.counterpart_id as organisation_id,
        commitments.counterpart_name as organisation,
        commitments.body_id,
        commitments.body,
        commitments.role,
        commitments.stage as current_stage,
        commitments.stage_since,
        commitments.realis,
        -- Correlates of War, International Governmental Organizations: 0 none, 1 full, 2 associate, 3 observer.
        case
            when commitments.stage = 'member' and commitments.role = 'associate' then 2
            when commitments.stage = 'member' and commitments.role = 'observer' then 3
            when commitments.stage = 'member' then 1
            when commitments.stage is not null then 0
        end as cow_igo_code,
        commitments.representative,
        commitments.inviter,
        commitments.term,
        conflicts.commitment_id is not null as has_conflict,
        commitments.documents_n,
        commitments.independent_sources_n,
        array_to_string(commitments.languages, ', ') as languages,
        commitments.first_seen,
        commitments.last_seen,
        commitments.best_quote,
        commitments.best_document_id
    from commitments
    inner join members using (commitment_id)
    left join conflicts using (commitment_id)

)

select * from final
