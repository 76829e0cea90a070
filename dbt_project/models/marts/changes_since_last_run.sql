with

versions as (

    select * from {{ ref('int_commitment_versions') }}

),

latest_run as (

    select arg_max(run_id, (started_at, run_id)) as run_id
    from {{ ref('stg_extraction__runs') }}

),

entities as (

    select * from {{ ref('int_entities') }}

),

after_run as (

    select versions.*
    from versions
    inner join latest_run using (run_id)
    qualify row_number() over (partition by versions.commitment_id order by versions.version_n desc) = 1

),

before_run as (

    select versions.*
    from versions
    anti join latest_run using (run_id)
    qualify row_number() over (partition by versions.commitment_id order by versions.version_n desc) = 1

),

final as (

    select
        after_run.commitment_id,
        after_run.run_id,
        {{ kind_of_change('before_run', 'after_run') }} as change,
        after_run.record_type as commitment_type,
        after_run.contributor_key as contributor_ids,
        after_run.counterpart_id as recipient_id,
        entities.name as recipient,
        before_run.stage as previous_stage,
        after_run.stage as current_stage,
        before_run.counted_usd as previous_counted_usd,
        case when after_run.change <> 'withdrawn' then after_run.counted_usd end as counted_usd,
        before_run.headcount_min as previous_headcount_min,
        case when after_run.change <> 'withdrawn' then after_run.headcount_min end as headcount_min
    from after_run
    left join before_run using (commitment_id)
    left join entities on after_run.counterpart_id = entities.entity_id
    where {{ is_change('before_run', 'after_run') }}

)

select * from final
