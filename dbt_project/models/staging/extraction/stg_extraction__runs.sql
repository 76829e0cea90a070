with

source as (

    select * from {{ source('raw', 'runs') }}

),

renamed as (

    select
        run_id,
        started_at,
        finished_at,
        status,
        provider,
        pledgebook_version,
        schema_version,
        grounding_version,
        documents_n,
        pending_n,
        failed_n,
        asked_n,
        records_n,
        rejected_n
    from source

)

select * from renamed
