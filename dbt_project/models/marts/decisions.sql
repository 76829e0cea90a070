with

record_overrides as (

    select * from {{ ref('record_overrides') }}

),

commitment_overrides as (

    select * from {{ ref('commitment_overrides') }}

),

entity_overrides as (

    select * from {{ ref('entity_overrides') }}

),

records as not materialized (

    select * from {{ ref('stg_extraction__records') }}

),

clustered as not materialized (

    select * from {{ ref('int_claims_clustered') }}

),

entities as (

    select entity_id from {{ ref('int_entities') }}

),

-- Decisions are few: everything is looked up for them alone.
mentions as (

    select contributors.entity_id
    from {{ ref('stg_extraction__contributors') }} as contributors
    semi join entity_overrides using (entity_id)
    union
    select records.counterpart.entity_id as entity_id from records
    semi join entity_overrides on records.counterpart.entity_id = entity_overrides.entity_id
    union
    select records.host.entity_id as entity_id from records
    semi join entity_overrides on records.host.entity_id = entity_overrides.entity_id

),

stage_values as (

    select * from {{ ref('int_commitment_values') }}
    where measure = 'money' and is_preferred

),

states as (

    select * from {{ ref('int_commitment_states') }}
    where known_to is null

),

-- A record is named by its id, or by its document and one of its quotes.
named_records as (

    select
        overrides.document_id as named_document_id, overrides.quote as named_quote, overrides.action, overrides.field,
        overrides.value, overrides.author, overrides.date, overrides.reason, records.*
    from record_overrides as overrides
    inner join records on overrides.record_id = records.record_id
    union all
    select
        overrides.document_id as named_document_id, overrides.quote as named_quote, overrides.action, overrides.field,
        overrides.value, overrides.author, overrides.date, overrides.reason, records.*
    from record_overrides as overrides
    inner join records
        on overrides.document_id = records.document_id
        and list_contains(list_transform(records.evidence, item -> item.quote), overrides.quote)
    where overrides.record_id is null

),

claims as (

    select record_id, min(claim_id) as claim_id
    from {{ ref('int_claims_resolved') }}
    semi join named_records using (record_id)
    group by record_id

),

on_records as (

    select
        'record' as subject,
        named.record_id as subject_id,
        clustered.commitment_id,
        named.action,
        named.field,
        case named.field
            when 'stage' then named.stage
            when 'realis' then named.realis
            when 'contributors' then array_to_string(list_transform(named.actors, actor -> actor.entity_id), '|')
            when 'counterpart' then named.counterpart.entity_id
            when 'host' then named.host.entity_id
            when 'body_id' then named.body_id
            when 'role' then named.role
            when 'amount' then cast(named.money.amount as varchar)
            when 'amount_min' then cast(named.money.amount_min as varchar)
            when 'amount_max' then cast(named.money.amount_max as varchar)
            when 'currency' then named.money.currency
            when 'qualifier' then named.money.qualifier
            when 'headcount' then cast(named.headcount.value as varchar)
            when 'equipment' then cast(named.equipment.value as varchar)
            when 'aid_type' then named.aid_type
            when 'finance_type' then named.finance_type
            when 'event_date' then cast(named.event_date.value as varchar)
            when 'announcement_date' then cast(named.announcement_date.value as varchar)
        end as value_before,
        named.value as value_decided,
        true as has_effect,
        named.author,
        named.date as decided_on,
        named.reason
    from named_records as named
    left join claims using (record_id)
    left join clustered using (claim_id)

),

idle_on_records as (

    select
        'record' as subject,
        coalesce(record_overrides.record_id, record_overrides.document_id) as subject_id,
        null as commitment_id,
        record_overrides.action,
        record_overrides.field,
        null as value_before,
        record_overrides.value as value_decided,
        false as has_effect,
        record_overrides.author,
        record_overrides.date as decided_on,
        record_overrides.reason
    from record_overrides
    anti join named_records
        on record_overrides.document_id = named_records.named_document_id
        and record_overrides.quote = named_records.named_quote
        and record_overrides.record_id is null
    anti join records on record_overrides.record_id = records.record_id

),

known_commitments as (

    select commitment_id from clustered
    semi join commitment_overrides using (commitment_id)
    union
    select clustered.rule_commitment_id as commitment_id from clustered
    semi join commitment_overrides on clustered.rule_commitment_id = commitment_overrides.commitment_id

),

on_commitments as (

    select
        'commitment' as subject,
        overrides.commitment_id as subject_id,
        overrides.commitment_id,
        overrides.action,
        overrides.field,
        case overrides.field
            when 'amount' then cast(stage_values.value as varchar)
            when 'amount_min' then cast(stage_values.value_min as varchar)
            when 'amount_max' then cast(stage_values.value_max as varchar)
            when 'stage' then states.stage
        end as value_before,
        coalesce(overrides.value, overrides.target) as value_decided,
        overrides.commitment_id in (select commitment_id from known_commitments) as has_effect,
        overrides.author,
        overrides.date as decided_on,
        overrides.reason
    from commitment_overrides as overrides
    left join stage_values using (commitment_id)
    left join states using (commitment_id)

),

on_entities as (

    select
        'entity' as subject,
        overrides.entity_id as subject_id,
        null as commitment_id,
        'correct' as action,
        overrides.field,
        case when overrides.field = 'same_as' then overrides.entity_id end as value_before,
        overrides.value as value_decided,
        overrides.entity_id in (select entity_id from mentions where entity_id is not null)
            or overrides.entity_id in (select entity_id from entities) as has_effect,
        overrides.author,
        overrides.date as decided_on,
        overrides.reason
    from entity_overrides as overrides

),

united as (

    select * from on_records
    union all
    select * from idle_on_records
    union all
    select * from on_commitments
    union all
    select * from on_entities

),

final as (

    select
        {{ commitment_hash("concat_ws('|', subject, subject_id, action, coalesce(field, '-'), coalesce(value_decided, '-'), author, cast(decided_on as varchar), reason)") }}
            as decision_id,
        united.*
    from (select distinct * from united) as united

)

select * from final
