with

records as (

    select * from {{ ref('stg_extraction__records') }}
    where money is not null

),

united as (

    select
        record_id,
        document_id,
        extraction_id,
        record_type,
        case when record_type = 'pledge' then 'contribution' else role end as role,
        stage,
        realis,
        actors[1].entity_id as first_actor_id,
        len(actors) as actors_n,
        counterpart.entity_id as counterpart_id,
        money.as_written as money_as_written,
        money.amount as amount,
        money.amount_min as amount_min,
        money.amount_max as amount_max,
        money.currency as currency,
        money.currency_is_inferred as currency_is_inferred,
        money.qualifier as qualifier
    from records

)

select * from united
