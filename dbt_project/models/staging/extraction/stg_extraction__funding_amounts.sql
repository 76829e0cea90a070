with

records as (

    select * from {{ ref('stg_extraction__records') }}
    where record_type = 'funding_amount'

),

unpacked as (

    select
        record_id,
        document_id,
        extraction_id,
        stage,
        stage_words,
        realis,
        condition,
        role,
        actors[1].entity_id as payer_id,
        actors[1].name as payer_name,
        counterpart.entity_id as payee_id,
        counterpart.name as payee_name,
        money.as_written as money_as_written,
        money.amount as amount,
        money.amount_min as amount_min,
        money.amount_max as amount_max,
        money.currency as currency,
        money.currency_is_inferred as currency_is_inferred,
        money.qualifier as qualifier,
        speaker,
        event_date.expression as event_date_expression,
        event_date.value as event_date,
        event_date.precision as event_date_precision,
        event_date.basis as event_date_basis,
        announcement_date.expression as announcement_date_expression,
        announcement_date.value as announcement_date,
        announcement_date.precision as announcement_date_precision,
        announcement_date.basis as announcement_date_basis,
        confidence
    from records

)

select * from unpacked
