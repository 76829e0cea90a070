-- Every quote equals text[start:end] of its document, counted in code points. Proved here again,
-- whatever the code that found it believed.
with

evidence as (

    select * from {{ ref('evidence') }}

),

documents as (

    select * from {{ ref('stg_extraction__documents') }}

),

unproved as (

    select
        evidence.evidence_id,
        evidence.document_id,
        evidence.span_start,
        evidence.span_end,
        evidence.quote,
        substring(documents.document_text, evidence.span_start + 1, evidence.span_end - evidence.span_start) as found
    from evidence
    left join documents using (document_id)
    where coalesce(
        substring(documents.document_text, evidence.span_start + 1, evidence.span_end - evidence.span_start)
            <> evidence.quote,
        true
    )

)

select * from unproved
