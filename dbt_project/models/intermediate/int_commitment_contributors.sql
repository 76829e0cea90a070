{{ config(materialized='patched', key='commitment_id', affected='int_commitments_recounted') }}
with

commitments as (

    select * from {{ ref('int_commitments_counted') }}
    where {{ is_affected('int_commitments_recounted', 'commitment_id') }}

),

clustered as (

    select claim_id, commitment_id from {{ ref('int_claims_clustered') }}
    where {{ is_affected('int_commitments_recounted', 'commitment_id') }}

),

claims as (

    select claim_id, record_id, source_rank, document_id from {{ ref('int_claims_resolved') }}

),

-- Whose share an agency's is, unless a person keeps it apart (int_claims_resolved does the same).
principals as (

    select organisation_id, min(principal_id) as principal_id
    from {{ ref('principals') }}
    where organisation_id not in (select entity_id from {{ ref('entity_overrides') }} where field = 'same_as')
    group by organisation_id
    having count(*) = 1

),

shares as (

    select shares.* replace (coalesce(principals.principal_id, shares.entity_id) as entity_id)
    from {{ ref('stg_extraction__shares') }} as shares
    left join principals on shares.entity_id = principals.organisation_id

),

entities as (

    select * from {{ ref('int_entities') }}

),

contributors as (

    select
        commitment_id,
        unnest(contributor_ids) as entity_id
    from commitments

),

stated_shares as (

    select
        clustered.commitment_id,
        shares.entity_id,
        shares.amount,
        shares.amount_min,
        shares.amount_max,
        shares.currency
    from shares
    inner join claims using (record_id)
    inner join clustered using (claim_id)
    qualify row_number() over (
        partition by clustered.commitment_id, shares.entity_id
        order by claims.source_rank, claims.document_id, shares.record_id, shares.share_n
    ) = 1

),

final as (

    select
        contributors.commitment_id,
        contributors.entity_id,
        entities.name,
        entities.type,
        entities.iso3,
        stated_shares.amount as share_amount,
        stated_shares.currency as share_currency,
        -- A share is converted with the whole, at one rate; in another currency it stays as written.
        case
            when coalesce(stated_shares.currency, commitments.currency) = commitments.currency
                then cast(round(
                    coalesce(stated_shares.amount_min, stated_shares.amount) * commitments.exchange_rate, 2
                ) as decimal(38, 2))
        end as share_usd
    from contributors
    inner join commitments using (commitment_id)
    left join entities using (entity_id)
    left join stated_shares using (commitment_id, entity_id)

)

select * from final
