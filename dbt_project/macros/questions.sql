{% macro create_questions() -%}
  {#- Questions with a day or two runs in them, as table functions that any DuckDB client can call. -#}
create or replace macro main.stages_known_on(day) as table
    select
        history.commitment_id, history.commitment_type, commitments.contributors, commitments.recipient, history.stage,
        history.stage_since, history.known_from, history.known_to
    from main.commitment_history as history
    inner join main.commitments as commitments using (commitment_id)
    where history.known_from <= cast(day as date) and (history.known_to is null or history.known_to > cast(day as date));

create or replace macro main.memberships_on(day) as table
    select
        membership_id, member_id, member, organisation_id, organisation, body_id, stage, valid_from, valid_to
    from main.membership_history
    where (valid_from is null or valid_from <= cast(day as date)) and (valid_to is null or valid_to > cast(day as date));

create or replace macro main.changes_between(earlier_run, later_run) as table
    with runs as (
        select
            max(started_at) filter (where run_id = earlier_run) as earlier_at,
            max(started_at) filter (where run_id = later_run) as later_at
        from staging.stg_extraction__runs
    ),
    versions as (
        select versions.*, versions.run_started_at <= runs.earlier_at as is_earlier
        from intermediate.int_commitment_versions as versions, runs
        where versions.run_started_at <= runs.later_at
    ),
    earlier as (
        select * from versions where is_earlier
        qualify row_number() over (partition by commitment_id order by version_n desc) = 1
    ),
    later as (
        select * from versions
        qualify row_number() over (partition by commitment_id order by version_n desc) = 1
    )
    select
        later.commitment_id,
        {{ kind_of_change('earlier', 'later') }} as change,
        later.record_type as commitment_type,
        later.contributor_key as contributor_ids,
        later.counterpart_id as recipient_id,
        earlier.stage as earlier_stage,
        later.stage as later_stage,
        case when earlier.change <> 'withdrawn' then earlier.counted_usd end as earlier_counted_usd,
        case when later.change <> 'withdrawn' then later.counted_usd end as later_counted_usd
    from later
    left join earlier using (commitment_id)
    where {{ is_change('earlier', 'later') }}
{%- endmacro %}
