with

memberships as (

    select * from {{ ref('memberships_current') }}

),

events as (

    select * from {{ ref('int_stage_events') }}
    where record_type = 'membership' and advances_stage

),

-- Every stage that was reported up to the standing one, once per date.
stages as (

    select
        events.commitment_id as membership_id,
        events.stage,
        events.stage_rank,
        events.effective_date,
        min(events.known_date) as known_from,
        events.stage = memberships.current_stage
            and coalesce(events.effective_date >= memberships.stage_since, true) as is_standing
    from events
    inner join memberships on events.commitment_id = memberships.membership_id
    where memberships.stage_since is null
        or events.effective_date is null
        or events.effective_date <= memberships.stage_since
        or events.stage = memberships.current_stage
    group by all

),

turns as (

    select
        *,
        lag(stage) over in_order as previous_stage
    from stages
    window in_order as (
        partition by membership_id
        order by is_standing, effective_date nulls first, stage_rank
    )

),

numbered as (

    select
        *,
        row_number() over in_order as turn_n,
        lead(effective_date) over in_order as valid_to,
        lead(stage) over in_order is null as is_current
    from turns
    where previous_stage is null or previous_stage <> stage
    window in_order as (
        partition by membership_id
        order by is_standing, effective_date nulls first, stage_rank
    )

),

final as (

    select
        numbered.membership_id,
        cast(numbered.turn_n as integer) as turn_n,
        memberships.member_id,
        memberships.member,
        memberships.organisation_id,
        memberships.organisation,
        memberships.body_id,
        numbered.stage,
        numbered.effective_date as valid_from,
        numbered.valid_to,
        numbered.is_current,
        numbered.known_from
    from numbered
    inner join memberships using (membership_id)

)

select * from final
