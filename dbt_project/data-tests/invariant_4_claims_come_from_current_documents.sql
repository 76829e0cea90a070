-- A document counts once however often it is loaded, and what was dropped or replaced counts no longer: claims are
-- exactly the records of the current extraction of each current document, less a person's rejections.
with

claims as (

    select record_id, document_id, extraction_id from {{ ref('int_claims_resolved') }}

),

documents as (

    select document_id, extraction_id from {{ ref('int_documents_current') }}

),

records as (

    select records.record_id
    from {{ ref('stg_extraction__records') }} as records
    inner join documents using (document_id, extraction_id)

),

stale as (

    select claims.record_id, 'not in a current document' as problem
    from claims
    anti join documents using (document_id, extraction_id)

),

missing as (

    select records.record_id, 'lost' as problem
    from records
    anti join claims using (record_id)
    where not exists (select 1 from {{ ref('record_overrides') }} where action = 'reject')

),

unclustered as (

    select claims.record_id, 'in no commitment' as problem
    from claims
    anti join {{ ref('evidence') }} as evidence using (record_id)

),

wrong as (

    select * from stale
    union all
    select * from missing
    union all
    select * from unclustered

)

select * from wrong
