with

records as (

    select * from {{ ref('stg_extraction__records') }}
    where record_type = 'troop_commitment'

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
        counterpart.entity_id as force_id,
        counterpart.name as force_name,
        host.entity_id as host_id,
        host.name as host_name,
        personnel_types,
        headcount.as_written as headcount_as_written,
        headcount.value as headcount,
        headcount.minimum as headcount_min,
        headcount.maximum as headcount_max,
        headcount.qualifier as headcount_qualifier,
        equipment.as_written as equipment_as_written,
        equipment.value as equipment,
        equipment.minimum as equipment_min,
        equipment.maximum as equipment_max,
        requester,
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
