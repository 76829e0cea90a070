{#- The JSON of a record is parsed once, here: everything else reads typed columns. Rows of
    raw.records do not change, so only new ones are parsed; a row that changed or vanished is
    replaced or removed, and a new structure parses everything again. -#}
{%- set structure = record_structure() -%}
{%- set structure_id = local_md5(structure) -%}
{{
    config(
        materialized='incremental',
        incremental_strategy='delete+insert',
        unique_key='record_id',
        on_schema_change='sync_all_columns',
        pre_hook="{% if is_incremental() %}delete from {{ this }} where record_id not in (select record_id from {{ source('raw', 'records') }}){% endif %}",
    )
}}

with

source as (

    select
        record_id,
        extraction_id,
        document_id,
        ordinal,
        record_type,
        grounding_version,
        hash(record, '{{ structure_id }}') as record_hash,
        record
    from {{ source('raw', 'records') }}

),

pending as (

    select source.*
    from source
    {%- if is_incremental() %}
    anti join {{ this }} as known
        on source.record_id = known.record_id
        and source.record_hash = known.record_hash
    {%- endif %}

),

parsed as (

    select
        * exclude (record),
        from_json(record, '{{ structure }}') as record
    from pending

),

unpacked as (

    select
        record_id,
        extraction_id,
        document_id,
        ordinal,
        record_type,
        grounding_version,
        record_hash,
        record.stage as stage,
        record.stage_words as stage_words,
        record.realis as realis,
        record.condition as condition,
        coalesce(record.actors, []) as actors,
        coalesce(record.is_joint, false) as is_joint,
        list_transform(
            coalesce(record.shares, []), share -> {'entity_id': share.entity_id, 'money': {{ typed_money('share.money') }}}
        ) as shares,
        record.counterpart as counterpart,
        record.host as host,
        coalesce(record.also_named, []) as also_named,
        record.body as body,
        record.body_id as body_id,
        record.representative as representative,
        record.inviter as inviter,
        record.requester as requester,
        record.role as role,
        {{ typed_money('record.money') }} as money,
        record.headcount as headcount,
        record.equipment as equipment,
        coalesce(record.personnel_types, []) as personnel_types,
        record.aid_type as aid_type,
        coalesce(record.resource_types, []) as resource_types,
        record.finance_type as finance_type,
        record.purpose as purpose,
        record.period as period,
        record.term as term,
        record.speaker as speaker,
        record.event_date as event_date,
        record.announcement_date as announcement_date,
        coalesce(record.evidence, []) as evidence,
        record.confidence as confidence,
        coalesce(record.notes, []) as notes
    from parsed

)

select * from unpacked
