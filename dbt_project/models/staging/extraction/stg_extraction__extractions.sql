with

source as (

    select * from {{ source('raw', 'extractions') }}

),

renamed as (

    select
        extraction_id,
        run_id,
        document_id,
        fingerprint,
        provider,
        attempt_n,
        status,
        error_type,
        error_message,
        prompt_tokens,
        cached_tokens,
        completion_tokens,
        cost_usd,
        seconds as duration_seconds,
        asked_at
    from source

)

select * from renamed
