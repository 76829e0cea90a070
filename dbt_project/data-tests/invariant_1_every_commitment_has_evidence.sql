-- Every figure of a mart leads to evidence: every commitment and every stage event has a quote.
with

commitments as (

    select commitment_id, null as event_id from {{ ref('commitments') }}

),

events as (

    select commitment_id, event_id from {{ ref('commitment_timeline') }}

),

evidence as (

    select commitment_id, claim_id from {{ ref('evidence') }}

),

unproved as (

    select commitment_id, event_id from commitments
    anti join evidence using (commitment_id)
    union all
    select events.commitment_id, events.event_id from events
    anti join evidence on events.event_id = evidence.claim_id and events.commitment_id = evidence.commitment_id

)

select * from unproved
