with

source as (

    select * from {{ source('raw', 'documents') }}

),

renamed as (

    select
        document_id,
        language,
        title,
        publication_date,
        outlet,
        text as document_text,
        char_count as length_chars,
        first_loaded_at,
        first_run_id
    from source

)

select * from renamed
