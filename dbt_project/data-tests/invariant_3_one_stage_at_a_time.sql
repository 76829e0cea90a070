-- No commitment stands in two stages: one standing event, and no two states known at one date.
with

standing as (

    select commitment_id, count(*) as rows_n, 'standing events' as problem
    from {{ ref('commitment_timeline') }}
    where is_standing
    group by commitment_id
    having count(*) > 1

),

states as (

    select
        commitment_id,
        known_from,
        known_to,
        lead(known_from) over (partition by commitment_id order by known_from) as next_known_from
    from {{ ref('commitment_history') }}

),

overlapping as (

    select commitment_id, count(*) as rows_n, 'states known at one date' as problem
    from states
    where known_to is distinct from next_known_from
    group by commitment_id

),

wrong as (

    select * from standing
    union all
    select * from overlapping

)

select * from wrong
