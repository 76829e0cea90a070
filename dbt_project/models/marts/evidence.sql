{{ config(materialized='patched', key='commitment_id', affected='int_commitments_affected') }}
with

clustered as (

    select claim_id, record_id, commitment_id from {{ ref('int_claims_clustered') }}
    where {{ is_affected('int_commitments_affected', 'commitment_id') }}

),

claims as {{ claims_of('clustered') }},

quotes as (

    select * from {{ ref('stg_extraction__evidence') }}

),

documents as (

    select * from {{ ref('int_documents_current') }}

),

final as (

    select
        claims.claim_id || '-' || quotes.quote_n as evidence_id,
        clustered.commitment_id,
        claims.claim_id,
        claims.record_id,
        claims.document_id,
        claims.record_type,
        claims.stage,
        claims.realis,
        cast(quotes.quote_n as integer) as quote_n,
        quotes.quote,
        quotes.span_start,
        quotes.span_end,
        quotes.alignment,
        claims.speaker,
        claims.source_kind,
        claims.confidence,
        documents.language,
        documents.title,
        documents.outlet,
        documents.agency,
        documents.publication_date,
        documents.source_location as source,
        documents.is_vanished
    from quotes
    inner join clustered using (record_id)
    inner join claims using (claim_id)
    inner join documents on claims.document_id = documents.document_id

)

select * from final
