-- Known shares of a joint commitment do not exceed it, and a part is not counted beside its whole.
with

shares as (

    select
        commitment_id,
        sum(share_usd) as known_usd,
        any_value(case when group_amount_max is not null then group_usd_min end) as closed_usd
    from {{ ref('joint_commitments') }}
    group by commitment_id

),

too_large as (

    select commitment_id, 'shares exceed the whole' as problem
    from shares
    -- A cent for each rounding.
    where known_usd > closed_usd + 1

),

counted_parts as (

    select commitment_id, 'a part is counted' as problem
    from {{ ref('commitments') }}
    where link_kind in ('part_of', 'possible_part_of') and counted_usd is not null

),

too_small as (

    select commitment_id, 'a joint commitment of one' as problem
    from {{ ref('joint_commitments') }}
    group by commitment_id
    having count(*) < 2

),

wrong as (

    select * from too_large
    union all
    select * from counted_parts
    union all
    select * from too_small

)

select * from wrong
