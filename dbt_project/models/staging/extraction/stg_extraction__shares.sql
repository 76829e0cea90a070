with

records as (

    select * from {{ ref('stg_extraction__records') }}
    where len(shares) > 0

),

unnested as (

    select
        record_id,
        document_id,
        extraction_id,
        generate_subscripts(shares, 1) as share_n,
        unnest(shares) as share
    from records

),

unpacked as (

    select
        record_id,
        document_id,
        extraction_id,
        share_n,
        share.entity_id as entity_id,
        share.money.amount as amount,
        share.money.amount_min as amount_min,
        share.money.amount_max as amount_max,
        share.money.currency as currency,
        share.money.qualifier as qualifier
    from unnested

)

select * from unpacked
