{{ config(materialized='patched', key='commitment_id', affected='int_commitments_affected') }}
with

states as (

    select * from {{ ref('int_commitment_states') }}
    where {{ is_affected('int_commitments_affected', 'commitment_id') }}

),

commitments as (

    select commitment_id, record_type from {{ ref('int_commitments_counted') }}

),

final as (

    select
        states.commitment_id,
        states.known_from,
        states.known_to,
        commitments.record_type as commitment_type,
        states.stage,
        states.stage_group,
        states.stage_since,
        states.known_to is null as is_current
    from states
    inner join commitments using (commitment_id)

)

select * from final
