with

contributions as (

    select * from {{ ref('force_contributions') }}

),

stage_ranks as (

    select * from {{ ref('stage_ranks') }}
    where record_type = 'troop_commitment'

),

final as (

    select
        contributions.force_id,
        any_value(contributions.force) as force,
        arg_max(contributions.host_id, contributions.documents_n) filter (where contributions.host_id is not null)
            as host_id,
        count(*) as contributions_n,
        count(*) filter (where not contributions.is_part) as wholes_n,
        string_agg(contributions.contributors, '; ' order by contributions.contributors) as contributors,
        cast(sum(contributions.promised_min) filter (
            where not contributions.is_part and contributions.stage_group = 'promised'
        ) as bigint) as promised_min,
        cast(sum(contributions.deployed_min) filter (
            where not contributions.is_part and contributions.stage_group = 'deployed'
        ) as bigint) as deployed_min,
        cast(sum(contributions.equipment) filter (
            where not contributions.is_part and contributions.stage_group = 'deployed'
        ) as bigint) as equipment_deployed,
        count(*) filter (
            where not contributions.is_part and contributions.stage_group in ('promised', 'deployed')
                and coalesce(contributions.promised_min, contributions.deployed_min) is null
        ) as without_number_n,
        arg_max(contributions.current_stage, stage_ranks.rank) filter (where not stage_ranks.is_exit) as latest_stage,
        max(contributions.planned_next_stage) as planned_next_stage,
        min(contributions.first_seen) as first_seen,
        max(contributions.last_seen) as last_seen,
        bool_or(contributions.has_conflict) as has_conflict
    from contributions
    left join stage_ranks on contributions.current_stage = stage_ranks.stage
    group by contributions.force_id

)

select * from final
