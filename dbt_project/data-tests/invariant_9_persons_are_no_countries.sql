-- A person is counted as a country only when the text says that it acts for that country.
with

claims as (

    select claim_id, record_id, unnest(contributor_ids) as entity_id
    from {{ ref('int_claims_resolved') }}

),

countries as (

    select iso3 from {{ ref('countries') }}

),

-- Whom a record lets a claim name: its actors that are no persons, those on whose behalf one acts, and whose agency one
-- is. Pairs, since a join on either of two columns compares everything with everything.
allowed as (

    select record_id, entity_id from {{ ref('stg_extraction__contributors') }} where actor_type <> 'person'
    union all
    select record_id, on_behalf_of as entity_id from {{ ref('stg_extraction__contributors') }} where on_behalf_of is not null
    union all
    select contributors.record_id, principals.principal_id as entity_id
    from {{ ref('stg_extraction__contributors') }} as contributors
    inner join {{ ref('principals') }} as principals on contributors.entity_id = principals.organisation_id
    where contributors.actor_type <> 'person'

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
    anti join allowed on claims.record_id = allowed.record_id and claims.entity_id = allowed.entity_id
    anti join overrides on claims.entity_id = overrides.entity_id

)

select * from wrong
