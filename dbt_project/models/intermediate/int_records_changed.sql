{#- What a patch starts from: records that came, went, or stand in a document that is described otherwise. -#}
-- depends_on: {{ ref('int_build_mode') }}
with

records as (

    select records.record_id, records.record_hash, documents.document_hash
    from {{ ref('stg_extraction__records') }} as records
    inner join {{ ref('int_documents_current') }} as documents using (document_id, extraction_id)

),

{% if is_patch() -%}
built as (

    select record_id, record_hash, document_hash from intermediate.int_claims_resolved

),

final as (

    select distinct coalesce(records.record_id, built.record_id) as record_id
    from records
    full outer join built using (record_id)
    where records.record_hash is distinct from built.record_hash
        or records.document_hash is distinct from built.document_hash

)
{%- else -%}
final as (

    select record_id from records where false

)
{%- endif %}

select * from final
