{{ config(materialized='patched', key='commitment_id', affected='int_commitments_affected') }}
with

events as (

    select * from {{ ref('int_stage_events') }}
    where advances_stage
        and {{ is_affected('int_commitments_affected', 'commitment_id') }}

),

-- Reports that say the same about a commitment are one event, known since the first of them.
distinct_events as (

    select
        commitment_id,
        stage,
        stage_rank,
        is_exit,
        stage_group,
        own_date,
        effective_date,
        min(known_date) as known_date
    from events
    group by commitment_id, stage, stage_rank, is_exit, stage_group, own_date, effective_date

),

known_dates as (

    select distinct commitment_id, known_date from distinct_events

),

-- What was known at each date on which something became known: only what was known by then.
known_events as (

    select
        known_dates.known_date as known_from,
        distinct_events.*
    from known_dates
    inner join distinct_events
        on known_dates.commitment_id = distinct_events.commitment_id
        and distinct_events.known_date <= known_dates.known_date

),

exits as (

    select
        *,
        max(case when is_exit then coalesce(effective_date, date '9999-12-31') end) over (
            partition by commitment_id, known_from
        ) as last_exit_date
    from known_events

),

-- An exit stands until something is dated after it (declined, then invited again).
open_events as (

    select
        *,
        max(own_date) over (partition by commitment_id, known_from) as last_own_date
    from exits
    where not is_exit and (last_exit_date is null or effective_date > last_exit_date)

),

-- The latest event with a date of its own decides. A report without one may be a recollection
-- ("which was invited in January"): it can raise the stage, never lower it.
climbed as (

    select
        commitment_id,
        known_from,
        arg_max(
            {'stage': stage, 'stage_rank': stage_rank, 'stage_group': stage_group},
            (stage_rank, coalesce(effective_date, date '0001-01-01'))
        ) as top,
        max(stage_rank) as top_rank
    from open_events
    where effective_date is null or last_own_date is null or effective_date >= last_own_date
    group by commitment_id, known_from

),

-- Since when: the earliest date given for the standing stage after the last exit.
climbed_since as (

    select
        climbed.commitment_id,
        climbed.known_from,
        any_value(climbed.top) as top,
        coalesce(min(open_events.own_date), min(open_events.effective_date)) as stage_since
    from climbed
    inner join open_events
        on climbed.commitment_id = open_events.commitment_id
        and climbed.known_from = open_events.known_from
        and climbed.top.stage = open_events.stage
        and (
            open_events.effective_date is null
            or open_events.last_own_date is null
            or open_events.effective_date >= open_events.last_own_date
        )
    group by climbed.commitment_id, climbed.known_from

),

left_off as (

    select
        commitment_id,
        known_from,
        arg_max(
            {'stage': stage, 'stage_rank': stage_rank, 'stage_group': stage_group},
            (coalesce(effective_date, date '9999-12-31'), stage_rank)
        ) as top,
        max(effective_date) as stage_since
    from exits
    where is_exit
    group by commitment_id, known_from

),

standing as (

    select
        known_dates.commitment_id,
        known_dates.known_date as known_from,
        coalesce(climbed_since.top, left_off.top) as top,
        case when climbed_since.top is not null then climbed_since.stage_since else left_off.stage_since end as stage_since
    from known_dates
    left join climbed_since
        on known_dates.commitment_id = climbed_since.commitment_id
        and known_dates.known_date = climbed_since.known_from
    left join left_off
        on known_dates.commitment_id = left_off.commitment_id
        and known_dates.known_date = left_off.known_from

),

changed as (

    select *
    from standing
    window by_knowledge as (partition by commitment_id order by known_from)
    qualify lag(top.stage) over by_knowledge is distinct from top.stage
        or lag(stage_since) over by_knowledge is distinct from stage_since

),

final as (

    select
        commitment_id,
        known_from,
        lead(known_from) over (partition by commitment_id order by known_from) as known_to,
        top.stage as stage,
        top.stage_rank as stage_rank,
        top.stage_group as stage_group,
        stage_since
    from changed

)

select * from final
