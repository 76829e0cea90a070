with

records as (

    select * from {{ ref('stg_extraction__records') }}
    where record_type = 'pledge'

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
        is_joint,
        counterpart.entity_id as recipient_id,
        counterpart.name as recipient_name,
        counterpart.type as recipient_type,
        money.as_written as money_as_written,
        money.amount as amount,
        money.amount_min as amount_min,
        money.amount_max as amount_max,
        money.currency as currency,
        money.currency_is_inferred as currency_is_inferred,
        money.qualifier as qualifier,
        aid_type,
        resource_types,
        finance_type,
        purpose,
        period,
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
