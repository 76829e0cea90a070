with

records as (

    select * from {{ ref('stg_extraction__records') }}

),

unnested as (

    select
        record_id,
        document_id,
        extraction_id,
        record_type,
        generate_subscripts(actors, 1) as actor_n,
        unnest(actors) as actor
    from records

),

unpacked as (

    select
        record_id,
        document_id,
        extraction_id,
        record_type,
        actor_n,
        actor.entity_id as entity_id,
        actor.name as actor_name,
        actor.type as actor_type,
        actor.code as actor_code,
        actor.is_resolved as is_resolved,
        actor.on_behalf_of as on_behalf_of
    from unnested

)

select * from unpacked
