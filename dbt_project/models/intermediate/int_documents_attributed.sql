{#- Looking for agencies reads every text, and texts do not change. -#}
{{
    config(
        materialized='patched',
        stale="exists (select 1 from staging.stg_extraction__documents as found where found.document_id = int_documents_attributed.document_id and found.outlet is distinct from int_documents_attributed.outlet)",
    )
}}
-- depends_on: {{ ref('agencies') }}
-- depends_on: {{ ref('int_build_mode') }}
with

documents as (

    select documents.*
    from {{ ref('stg_extraction__documents') }} as documents
    {%- if is_patch() and load_relation(this) %}
    anti join {{ this }} as known
        on documents.document_id = known.document_id
        and documents.outlet is not distinct from known.outlet
    {%- endif %}

),

agencies as (

    select name as agency_name, min(agency) as agency
    from {{ ref('agencies') }}
    group by name

),

found as (

    select
        document_id,
        outlet,
        regexp_extract(
            concat_ws(' ', outlet, document_text),
            '(?:^|[^\pL])({{ agency_names() }})(?:[^\pL]|$)',
            1
        ) as agency_name
    from documents

),

final as (

    select
        found.document_id,
        found.outlet,
        agencies.agency,
        {{ is_official('found.outlet') }} as is_official
    from found
    left join agencies using (agency_name)

)

select * from final
