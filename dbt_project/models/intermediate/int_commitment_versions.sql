{#- What every run found changed. The one model that remembers: it cannot be rebuilt from the raw
    tables, so a full refresh leaves it alone. -#}
{{ config(materialized='incremental', incremental_strategy='append', full_refresh=false, on_schema_change='append_new_columns') }}

with

commitments as (

    select
        commitment_id,
        record_type,
        contributor_key,
        counterpart_id,
        stage,
        role,
        amount_min,
        currency,
        usd_min,
        counted_usd,
        headcount_min,
        exclude_reason,
        md5(concat_ws(
            '|', contributor_key, counterpart_id, coalesce(stage, '-'), coalesce(role, '-'),
            coalesce(cast(amount as varchar), '-'), coalesce(cast(amount_min as varchar), '-'),
            coalesce(cast(amount_max as varchar), '-'), coalesce(currency, '-'),
            coalesce(cast(counted_usd as varchar), '-'), coalesce(cast(headcount as varchar), '-'),
            coalesce(cast(headcount_min as varchar), '-'), coalesce(exclude_reason, '-')
        )) as state_hash
    from {{ ref('int_commitments_counted') }}
    where {{ is_affected('int_commitments_recounted', 'commitment_id') }}

),

latest_run as (

    select
        coalesce(arg_max(run_id, (started_at, run_id)), 'none') as run_id,
        max(started_at) as run_started_at
    from {{ ref('stg_extraction__runs') }}

),

{% if is_incremental() -%}
known as (

    select *
    from {{ this }}
    where {{ is_affected('int_commitments_recounted', 'commitment_id') }}
    qualify row_number() over (partition by commitment_id order by version_n desc) = 1

),

changed as (

    select
        commitments.*,
        coalesce(known.version_n, 0) + 1 as version_n,
        case
            when known.commitment_id is null then 'new'
            when known.change = 'withdrawn' then 'restored'
            else 'revised'
        end as change
    from commitments
    left join known using (commitment_id)
    where known.commitment_id is null
        or known.change = 'withdrawn'
        or known.state_hash <> commitments.state_hash

),

withdrawn as (

    select
        known.* exclude (version_n, change, version_id, run_id, run_started_at),
        known.version_n + 1 as version_n,
        'withdrawn' as change
    from known
    anti join commitments using (commitment_id)
    where known.change <> 'withdrawn'

),

versions as (

    select * from changed
    union all by name
    select * from withdrawn

),
{%- else -%}
versions as (

    select
        commitments.*,
        1 as version_n,
        'new' as change
    from commitments

),
{%- endif %}

final as (

    select
        versions.commitment_id || '-' || versions.version_n as version_id,
        versions.commitment_id,
        versions.version_n,
        versions.change,
        latest_run.run_id,
        latest_run.run_started_at,
        versions.record_type,
        versions.contributor_key,
        versions.counterpart_id,
        versions.stage,
        versions.role,
        versions.amount_min,
        versions.currency,
        versions.usd_min,
        versions.counted_usd,
        versions.headcount_min,
        versions.exclude_reason,
        versions.state_hash
    from versions
    cross join latest_run

)

select * from final
