-- A person is counted as a country only when the text says that it acts for that country.
with

claims as (

    select claim_id, record_id, unnest(contributor_ids) as entity_id
    from {{ ref('int_claims_resolved') }}

),

countries as (

    select iso3 from {{ ref('countries') }}

),

actors as (

    select * from {{ ref('stg_extraction__contributors') }}

),

overrides as (

    select value as entity_id from {{ ref('entity_overrides') }} where field = 'same_as'
    union all
    select unnest(string_split(value, '|')) as entity_id from {{ ref('record_overrides') }} where field = 'contributors'

),

wrong as (

    select claims.claim_id, claims.entity_id
    from claims
    inner join countries on claims.entity_id = countries.iso3
    anti join actors
        on claims.record_id = actors.record_id
        and (
            (claims.entity_id = actors.entity_id and actors.actor_type <> 'person')
            or claims.entity_id = actors.on_behalf_of
        )
    anti join overrides on claims.entity_id = overrides.entity_id

)

select * from wrong
