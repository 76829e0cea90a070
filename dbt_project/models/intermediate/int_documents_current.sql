with

documents as (

    select * from {{ ref('stg_extraction__documents') }}

),

sightings as (

    select * from {{ ref('stg_extraction__sightings') }}

),

attributed as (

    select document_id, agency, is_official from {{ ref('int_documents_attributed') }}

),

latest_sightings as (

    select *
    from sightings
    qualify row_number() over (partition by source_id order by seen_at desc, sighting_id desc) = 1

),

-- The same text at two sources is one document, read once.
current_versions as (

    select
        document_id,
        arg_max(extraction_id, (seen_at, sighting_id)) filter (where extraction_id is not null) as extraction_id,
        min(source_location) as source_location,
        min(source_name) as source_name,
        count(*) as sources_n,
        max(seen_at) as last_seen_at,
        bool_and(status = 'vanished') as is_vanished
    from latest_sightings
    -- What vanished from its source stands until a person drops it; a reprint stands for nothing of its own.
    where status in ('ok', 'vanished') and document_id is not null and extraction_id is not null
    group by document_id

),

described as (

    select
        documents.document_id,
        current_versions.extraction_id,
        current_versions.source_location,
        current_versions.source_name,
        current_versions.sources_n,
        current_versions.last_seen_at,
        current_versions.is_vanished,
        documents.language,
        documents.title,
        documents.outlet,
        documents.publication_date,
        coalesce(documents.publication_date, cast(documents.first_loaded_at as date)) as known_date,
        documents.length_chars,
        documents.first_loaded_at,
        documents.first_run_id,
        attributed.agency,
        attributed.is_official
    from documents
    inner join current_versions using (document_id)
    inner join attributed using (document_id)

),

final as (

    select
        *,
        coalesce(
            'agency:' || agency,
            'outlet:' || lower(outlet),
            'document:' || document_id
        ) as source_key,
        -- Changes with everything that a mart says of the document.
        hash(language, title, outlet, publication_date, known_date, agency, is_official, source_location, is_vanished)
            as document_hash
    from described
    {%- if var('as_of') %}
    where known_date <= cast('{{ var('as_of') }}' as date)
    {%- endif %}

)

select * from final
