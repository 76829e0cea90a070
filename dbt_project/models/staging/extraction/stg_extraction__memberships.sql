with

records as (

    select * from {{ ref('stg_extraction__records') }}
    where record_type = 'membership'

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
        actors[1].entity_id as member_id,
        actors[1].name as member_name,
        actors[1].type as member_type,
        actors[1].on_behalf_of as on_behalf_of,
        representative,
        counterpart.entity_id as organisation_id,
        counterpart.name as organisation_name,
        body,
        body_id,
        role,
        inviter,
        term,
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
