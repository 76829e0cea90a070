with

entities as (

    select * from {{ ref('int_entities') }}
    where not is_resolved and type <> 'person'

),

claims as (

    select * from {{ ref('int_claims_resolved') }}

),

uses as (

    select claim_id, document_id, quote, unnest(contributor_ids) as entity_id from claims
    union all
    select claim_id, document_id, quote, counterpart_id as entity_id from claims where counterpart_id is not null
    union all
    select claim_id, document_id, quote, host_id as entity_id from claims where host_id is not null

),

final as (

    select
        entities.entity_id,
        entities.name,
        entities.type,
        count(distinct uses.claim_id) as claims_n,
        count(distinct uses.document_id) as documents_n,
        min(uses.quote) as example_quote
    from entities
    inner join uses using (entity_id)
    group by entities.entity_id, entities.name, entities.type

)

select * from final
