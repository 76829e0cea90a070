{{ config(materialized='view') }}

with

claims as (

    select * from {{ ref('int_claims_resolved') }}

),

clustered as (

    select * from {{ ref('int_claims_clustered') }}

),

final as (

    select
        claims.claim_id,
        clustered.commitment_id,
        claims.record_type,
        claims.stage,
        claims.stage_rank,
        claims.is_exit,
        claims.stage_group,
        claims.realis,
        claims.advances_stage,
        claims.own_date,
        claims.effective_date,
        claims.known_date,
        claims.source_rank
    from claims
    inner join clustered using (claim_id)

)

select * from final
