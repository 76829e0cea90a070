-- depends_on: {{ ref('agencies') }}
with

documents as (

    select * from {{ ref('stg_extraction__documents') }}

),

sightings as (

    select * from {{ ref('stg_extraction__sightings') }}

),

agencies as (

    select name as agency_name, min(agency) as agency
    from {{ ref('agencies') }}
    group by name

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
        regexp_extract(
            concat_ws(' ', documents.outlet, documents.document_text),
            '(?:^|[^\pL])({{ agency_names() }})(?:[^\pL]|$)',
            1
        ) as agency_name,
        {{ is_official('documents.outlet') }} as is_official
    from documents
    inner join current_versions using (document_id)

),

final as (

    select
        described.* exclude (agency_name),
        agencies.agency,
        coalesce(
            'agency:' || agencies.agency,
            'outlet:' || lower(described.outlet),
            'document:' || described.document_id
        ) as source_key
    from described
    left join agencies using (agency_name)
    {%- if var('as_of') %}
    where described.known_date <= cast('{{ var('as_of') }}' as date)
    {%- endif %}

)

select * from final
