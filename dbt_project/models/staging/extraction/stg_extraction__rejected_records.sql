with

source as (

    select * from {{ source('raw', 'rejected_records') }}

),

renamed as (

    select
        rejected_id,
        extraction_id,
        document_id,
        ordinal,
        record_type,
        reason_code,
        reason,
        grounding_version
    from source

)

select * from renamed
