with

measures as (

    select * from {{ ref('int_contributor_measures') }}

),

entities as (

    select * from {{ ref('int_entities') }}
    where type <> 'country'

),

final as (

    select
        entities.entity_id as contributor_id,
        entities.name as contributor,
        entities.type as contributor_type,
        entities.is_resolved,
        measures.sole_pledged_usd,
        measures.sole_committed_usd,
        measures.sole_disbursed_usd,
        measures.sole_total_usd,
        measures.open_ended_n,
        measures.unconverted_n,
        measures.unquantified_n,
        measures.conditional_n,
        measures.parts_left_out_n,
        measures.joint_commitments_n,
        measures.joint_group_total_usd,
        measures.joint_share_usd,
        measures.in_kind_pledges_n,
        measures.troop_promises_n,
        measures.troops_promised_min,
        measures.troop_deployments_n,
        measures.troops_deployed_min,
        measures.memberships_n,
        measures.first_seen,
        measures.last_seen,
        measures.documents_n,
        measures.independent_sources_n,
        measures.has_conflict
    from measures
    inner join entities using (entity_id)

)

select * from final
