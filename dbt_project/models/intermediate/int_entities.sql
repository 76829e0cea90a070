with

claims as (

    select * from {{ ref('int_claims_resolved') }}

),

records as (

    select records.*
    from {{ ref('stg_extraction__records') }} as records
    inner join {{ ref('int_documents_current') }} as documents using (document_id, extraction_id)

),

countries as (

    select * from {{ ref('countries') }}

),

organisations as (

    select * from {{ ref('organisations') }}

),

overrides as (

    select entity_id, field, value
    from {{ ref('entity_overrides') }}
    qualify row_number() over (partition by entity_id, field order by date desc, value) = 1

),

corrections as (

    select
        entity_id,
        max(value) filter (where field = 'name') as name,
        max(value) filter (where field = 'type') as type
    from overrides
    group by entity_id

),

mentions as (

    select document_id, unnest(actors) as actor from records
    union all
    select document_id, counterpart as actor from records where counterpart is not null
    union all
    select document_id, host as actor from records where host is not null

),

mention_counts as (

    select
        actor.entity_id as entity_id,
        actor.name as name,
        actor.type as type,
        bool_or(actor.is_resolved) as is_resolved,
        count(*) as mentions_n
    from mentions
    group by actor.entity_id, actor.name, actor.type

),

written as (

    select
        entity_id,
        arg_max(name, (mentions_n, name)) as name,
        arg_max(type, (case when type = 'unknown' then 0 else mentions_n end, type)) as type,
        bool_or(is_resolved) as is_resolved,
        sum(mentions_n) as mentions_n
    from mention_counts
    group by entity_id

),

referenced as (

    select unnest(contributor_ids) as entity_id from claims
    union
    select counterpart_id as entity_id from claims where counterpart_id is not null
    union
    select host_id as entity_id from claims where host_id is not null

),

final as (

    select
        referenced.entity_id,
        coalesce(corrections.name, countries.name_en, organisations.name_en, written.name, referenced.entity_id) as name,
        case
            when countries.iso3 is not null then 'country'
            else coalesce(corrections.type, organisations.type, written.type, 'unknown')
        end as type,
        countries.iso3,
        organisations.parent_id,
        organisations.host_iso3,
        organisations.iati_org_ref,
        countries.iso3 is not null
            or organisations.organisation_id is not null
            or corrections.entity_id is not null
            or coalesce(written.is_resolved, false) as is_resolved,
        coalesce(written.mentions_n, 0) as mentions_n
    from referenced
    left join countries on referenced.entity_id = countries.iso3
    left join organisations on referenced.entity_id = organisations.organisation_id
    left join written on referenced.entity_id = written.entity_id
    left join corrections on referenced.entity_id = corrections.entity_id

)

select * from final
