with

source as (

    select * from {{ source('raw', 'sightings') }}

),

renamed as (

    select
        sighting_id,
        source_id,
        name as source_name,
        source as source_location,
        document_id,
        extraction_id,
        run_id,
        seen_at,
        status,
        error as error_message
    from source

)

select * from renamed
