with

records as (

    select * from {{ ref('stg_extraction__records') }}

),

unnested as (

    select
        record_id,
        document_id,
        extraction_id,
        generate_subscripts(evidence, 1) as quote_n,
        unnest(evidence) as item
    from records

),

unpacked as (

    select
        record_id,
        document_id,
        extraction_id,
        quote_n,
        item.quote as quote,
        item.start as span_start,
        item."end" as span_end,
        item.alignment as alignment
    from unnested

)

select * from unpacked
