with

commitments as (

    select * from {{ ref('int_commitments_counted') }}
    where not is_rejected

),

contributors as (

    select * from {{ ref('int_commitment_contributors') }}

),

conflicts as (

    select distinct commitment_id from {{ ref('conflicts') }}
    where is_contradiction

),

clustered as (

    select claim_id, commitment_id from {{ ref('int_claims_clustered') }}

),

claims as (

    select claim_id, document_id, source_key, quote_key from {{ ref('int_claims_resolved') }}

),

measured as (

    select
        contributors.entity_id,
        {{ money_measures('commitments', 'contributors') }},
        {{ troop_measures('commitments') }},
        count(*) filter (
            where commitments.record_type = 'membership' and commitments.stage_group in ('accepted', 'member')
        ) as memberships_n,
        count(*) as commitments_n,
        min(commitments.first_seen) as first_seen,
        max(commitments.last_seen) as last_seen,
        bool_or(conflicts.commitment_id is not null) as has_conflict
    from contributors
    inner join commitments using (commitment_id)
    left join conflicts using (commitment_id)
    group by contributors.entity_id

),

reported as (

    select
        contributors.entity_id,
        count(distinct claims.document_id) as documents_n,
        least(count(distinct claims.source_key), count(distinct claims.quote_key)) as independent_sources_n
    from contributors
    inner join commitments using (commitment_id)
    inner join clustered using (commitment_id)
    inner join claims using (claim_id)
    group by contributors.entity_id

),

final as (

    select
        measured.*,
        reported.documents_n,
        reported.independent_sources_n
    from measured
    inner join reported using (entity_id)

)

select * from final
