{{ config(materialized='patched', key='record_id', affected='int_records_changed') }}
with

-- Wide and nested: read once, where it is used.
records as not materialized (

    select * from {{ ref('stg_extraction__records') }}
    where {{ is_affected('int_records_changed', 'record_id') }}

),

documents as (

    select * from {{ ref('int_documents_current') }}

),

stage_ranks as (

    select * from {{ ref('stage_ranks') }}

),

source_ranks as (

    select * from {{ ref('source_ranks') }}

),

-- A person's decisions. A record is named by its id or, to outlive a new extraction, by its
-- document and one of its quotes.
overrides as (

    select * from {{ ref('record_overrides') }}

),

overrides_by_quote as (

    select distinct
        records.record_id,
        overrides.* exclude (record_id)
    from overrides
    inner join records
        on overrides.document_id = records.document_id
        and list_contains(list_transform(records.evidence, item -> item.quote), overrides.quote)
    where overrides.record_id is null

),

decisions as (

    select record_id, action, field, value, author, date, reason from overrides where record_id is not null
    union all
    select record_id, action, field, value, author, date, reason from overrides_by_quote

),

rejected as (

    select distinct record_id from decisions where action = 'reject'

),

corrections as (

    select
        record_id,
        {% for field in [
            'stage', 'realis', 'contributors', 'counterpart', 'host', 'body_id', 'role', 'amount', 'amount_min',
            'amount_max', 'currency', 'qualifier', 'headcount', 'equipment', 'aid_type', 'finance_type', 'event_date',
            'announcement_date',
        ] -%}
        max(value) filter (where field = '{{ field }}') as {{ field }},
        {% endfor -%}
        string_agg(concat(field, ' by ', author, ' on ', date, ': ', reason), '; ' order by field) as correction_note
    from (
        select record_id, field, value, author, date, reason
        from decisions
        where action = 'correct'
        qualify row_number() over (partition by record_id, field order by date desc, value) = 1
    )
    group by record_id

),

same_entities as (

    select coalesce(map_from_entries(list({'entity_id': entity_id, 'value': value})), map([], [])) as same_as
    from (
        select entity_id, value
        from {{ ref('entity_overrides') }}
        where field = 'same_as'
        qualify row_number() over (partition by entity_id order by date desc, value) = 1
    )

),

-- For whom an agency or a bank gives, and which states a group of them stands for: a promise of the
-- Millennium Challenge Corporation and one of the United States are not two.
principals as (

    select coalesce(map_from_entries(list({'organisation_id': organisation_id, 'acts_for': acts_for})), map([], [])) as acts_for
    from (
        select organisation_id, list(principal_id order by principal_id) as acts_for
        from {{ ref('principals') }}
        group by organisation_id
    )

),

organisations as (

    select
        organisation_id,
        host_iso3,
        parent_id,
        organisation_id in (select parent_id from {{ ref('organisations') }}) as has_parts
    from {{ ref('organisations') }}

),

countries as (

    select iso3 from {{ ref('countries') }}

),

country_codes as (

    select list(iso3) as iso3s from countries

),

-- Organs that many organisations have, whatever the language that names them.
bodies as (

    select alias, body_id as shared_body_id from {{ ref('bodies') }}

),

claims as (

    select
        records.* replace (coalesce(bodies.shared_body_id, records.body_id) as body_id),
        documents.language,
        documents.outlet,
        documents.publication_date,
        documents.known_date,
        documents.source_key,
        documents.agency,
        documents.is_official,
        documents.document_hash,
        corrections.correction_note,
        corrections as corrected,
        same_entities.same_as,
        principals.acts_for
    from records
    inner join documents using (document_id, extraction_id)
    left join corrections using (record_id)
    left join bodies on regexp_replace(lower(trim(records.body)), '^(the|le|la|el|o|a|der|die|das) |^l[''’]', '') = bodies.alias
    cross join same_entities
    cross join principals
    anti join rejected on records.record_id = rejected.record_id

),

-- Who acts: a person or an office acts for the state that the text names, except in a seat that
-- only a person can hold; who gives money through an agency is whom it belongs to, unless a person's
-- decision says that the agency is the same as another (or itself).
resolved as (

    select
        *,
        flatten(list_transform(
            actors,
            actor -> case
                when actor.type in ('person', 'government_body')
                    and actor.on_behalf_of is not null
                    and not (record_type = 'membership' and coalesce(role, '') in ('chair', 'executive_member'))
                    then [coalesce(same_as[actor.on_behalf_of], actor.on_behalf_of)]
                when same_as[actor.entity_id] is not null then [same_as[actor.entity_id]]
                when record_type = 'membership' then [actor.entity_id]
                else coalesce(acts_for[actor.entity_id], [actor.entity_id])
            end
        )) as acting_ids,
        case
            when counterpart.type in ('person', 'government_body') and counterpart.on_behalf_of is not null
                then coalesce(same_as[counterpart.on_behalf_of], counterpart.on_behalf_of)
            else coalesce(same_as[counterpart.entity_id], counterpart.entity_id)
        end as resolved_counterpart_id,
        coalesce(same_as[host.entity_id], host.entity_id) as resolved_host_id,
        corrected.amount is not null
            or corrected.amount_min is not null
            or corrected.amount_max is not null as has_corrected_amount
    from claims

),

corrected as (

    select
        record_id,
        record_hash,
        document_hash,
        document_id,
        extraction_id,
        ordinal,
        record_type,
        coalesce(corrected.stage, stage) as stage,
        stage_words,
        coalesce(corrected.realis, realis) as realis,
        condition,
        coalesce(
            list_sort(list_distinct(string_split(corrected.contributors, '|'))),
            list_sort(list_distinct(acting_ids))
        ) as contributor_ids,
        coalesce(corrected.counterpart, resolved_counterpart_id) as counterpart_id,
        coalesce(corrected.host, resolved_host_id) as host_id,
        also_named,
        is_joint,
        body,
        coalesce(corrected.body_id, body_id) as body_id,
        coalesce(
            representative,
            case when record_type = 'membership' and actors[1].type = 'person' then actors[1].name end
        ) as representative,
        inviter,
        requester,
        case when record_type = 'pledge' then 'contribution' else coalesce(corrected.role, role) end as role,
        term,
        case
            when has_corrected_amount then try_cast(corrected.amount as decimal(38, 4))
            else money.amount
        end as amount,
        case
            when has_corrected_amount
                then try_cast(coalesce(corrected.amount_min, corrected.amount) as decimal(38, 4))
            else money.amount_min
        end as amount_min,
        case
            when has_corrected_amount
                then try_cast(coalesce(corrected.amount_max, corrected.amount) as decimal(38, 4))
            else money.amount_max
        end as amount_max,
        upper(coalesce(corrected.currency, money.currency)) as currency,
        money.currency_is_inferred and corrected.currency is null as currency_is_inferred,
        coalesce(
            corrected.qualifier,
            case when has_corrected_amount then 'exact' else money.qualifier end
        ) as qualifier,
        money.as_written as money_as_written,
        coalesce(try_cast(corrected.headcount as bigint), headcount.value) as headcount,
        coalesce(try_cast(corrected.headcount as bigint), headcount.minimum) as headcount_min,
        coalesce(try_cast(corrected.headcount as bigint), headcount.maximum) as headcount_max,
        headcount.qualifier as headcount_qualifier,
        coalesce(try_cast(corrected.equipment as bigint), equipment.value) as equipment,
        coalesce(try_cast(corrected.equipment as bigint), equipment.minimum) as equipment_min,
        coalesce(try_cast(corrected.equipment as bigint), equipment.maximum) as equipment_max,
        list_sort(personnel_types) as personnel_types,
        coalesce(corrected.aid_type, aid_type) as aid_type,
        list_sort(resource_types) as resource_types,
        coalesce(corrected.finance_type, finance_type) as finance_type,
        purpose,
        period,
        speaker,
        case
            when is_official then 'official_document'
            when speaker is not null and (
                list_bool_or(list_transform(
                    actors,
                    actor -> contains(lower(speaker), lower(actor.name)) or contains(lower(actor.name), lower(speaker))
                ))
                or contains(lower(speaker), lower(representative))
            ) then 'contributor'
            when speaker is not null then 'third_party'
            when agency is not null then 'agency'
            else 'other'
        end as source_kind,
        source_key,
        hash(evidence[1].quote) as quote_key,
        language,
        outlet,
        publication_date,
        known_date,
        coalesce(try_cast(corrected.event_date as date), event_date.value) as event_date,
        case
            when corrected.event_date is not null then 'day'
            else coalesce(event_date.precision, 'unknown')
        end as event_date_precision,
        case
            when corrected.event_date is not null then 'explicit'
            else coalesce(event_date.basis, 'none')
        end as event_date_basis,
        coalesce(try_cast(corrected.announcement_date as date), announcement_date.value) as announcement_date,
        evidence[1].quote as quote,
        {{ is_raise('evidence[1].quote') }} as is_raise,
        {{ is_cut('evidence[1].quote') }} as is_cut,
        {{ is_replaced('evidence[1].quote') }} as is_replaced,
        {{ has_partners('evidence[1].quote') }} as has_partners,
        evidence[1].start as span_start,
        evidence[1]."end" as span_end,
        confidence,
        correction_note
    from resolved

),

-- Unknown is null and nothing is promised by a nought: "not a single soldier" is no headcount.
noughts_removed as (

    select * exclude (is_replaced) replace (
        is_raise or is_replaced as is_raise,
        is_cut or is_replaced as is_cut,
        nullif(amount, 0) as amount,
        nullif(amount_min, 0) as amount_min,
        nullif(amount_max, 0) as amount_max,
        nullif(headcount, 0) as headcount,
        nullif(headcount_min, 0) as headcount_min,
        nullif(headcount_max, 0) as headcount_max,
        nullif(equipment, 0) as equipment,
        nullif(equipment_min, 0) as equipment_min,
        nullif(equipment_max, 0) as equipment_max
    )
    from corrected

),

-- A list without a figure ("A, B and C promised troops") is one statement by each of them. A list
-- with a figure is joint, whatever the record says: nobody is credited with the whole.
parted as (

    select
        *,
        not is_joint
            and len(contributor_ids) > 1
            and record_type in ('pledge', 'troop_commitment')
            and amount is null and amount_min is null and amount_max is null
            and headcount is null and headcount_min is null and headcount_max is null as is_distributive
    from noughts_removed

),

expanded as (

    select
        * exclude (contributor_ids),
        unnest(
            case
                when is_distributive then list_transform(contributor_ids, entity_id -> [entity_id])
                else [contributor_ids]
            end
        ) as contributor_ids
    from parted

),

dated as (

    select
        expanded.*,
        case
            when len(also_named) = 0 then also_named
            else list_filter(also_named, entity_id -> list_contains(country_codes.iso3s, entity_id))
        end as places,
        case when is_distributive then record_id || '#' || contributor_ids[1] else record_id end as claim_id,
        array_to_string(contributor_ids, '|') as contributor_key,
        len(contributor_ids) as contributors_n,
        record_type = 'pledge'
            or (record_type = 'funding_amount' and role = 'contribution' and len(contributor_ids) > 0)
            as is_contribution,
        -- A date of its own: only such a date can put a stage back or begin a new commitment.
        case
            when event_date_basis in ('explicit', 'relative') and event_date_precision in ('day', 'month')
                then event_date
        end as own_date,
        coalesce(event_date, announcement_date, publication_date) as effective_date,
        -- No rate is known for a day after the news: a planned payment takes the day it was announced.
        case
            when event_date_precision <> 'year'
                and event_date <= coalesce(announcement_date, publication_date, event_date)
                then event_date
            else coalesce(announcement_date, publication_date, event_date)
        end as value_date,
        case
            when list_contains(resource_types, 'equipment') then 'equipment'
            when list_contains(resource_types, 'goods') then 'goods'
            when list_contains(resource_types, 'training') then 'training'
            when list_contains(resource_types, 'services') then 'services'
            when list_contains(resource_types, 'financial') then 'financial'
            when money_as_written is not null then 'financial'
            else 'unspecified'
        end as main_resource
    from expanded
    cross join country_codes

),

final as (

    select
        dated.claim_id,
        dated.* exclude (claim_id, outlet, is_joint),
        -- Where personnel serves: as the text says, else where the force is known to serve, else the one place named.
        coalesce(
            dated.host_id,
            organisations.host_iso3,
            case when dated.record_type = 'troop_commitment' and len(dated.places) = 1 then dated.places[1] end
        ) as serves_in_id,
        -- By what wider recipients another report may name the recipient of this money (itself, where it is one): the
        -- country that an organisation works in, the organisation that a fund belongs to.
        case
            when dated.counterpart_id is null then []
            when not (dated.is_contribution or coalesce(dated.role in ('need', 'target'), false)) then []
            when countries.iso3 is not null then [countries.iso3]
            else list_distinct(list_filter(
                dated.places || [
                    case when organisations.has_parts then organisations.organisation_id end,
                    organisations.parent_id,
                    organisations.host_iso3
                ],
                wider_id -> wider_id is not null
            ))
        end as wider_recipient_ids,
        -- A recipient that no list knows goes by other words in another report, and in another language always.
        countries.iso3 is not null or organisations.organisation_id is not null as is_listed_counterpart,
        -- Claims that may be clustered with this one have its neighbourhood, or share a hint with one that does.
        hash(
            {{ claim_kind('dated') }},
            case when dated.contributors_n > 1 then 'joint' else dated.contributor_key end,
            coalesce(dated.counterpart_id, case when dated.record_type = 'troop_commitment' then dated.host_id end, '')
        ) as neighbourhood,
        case
            when dated.record_type = 'troop_commitment'
                then hash(dated.record_type, dated.contributor_key, serves_in_id)
            when coalesce(dated.amount, dated.amount_min, dated.amount_max) is not null
                then hash(
                    {{ claim_kind('dated') }}, dated.contributor_key, dated.currency,
                    coalesce(dated.amount, dated.amount_min, dated.amount_max)
                )
            when dated.is_contribution
                then hash('help', dated.contributor_key, dated.main_resource)
        end as hint,
        source_ranks.rank as source_rank,
        stage_ranks.rank as stage_rank,
        coalesce(stage_ranks.is_exit, false) as is_exit,
        stage_ranks.stage_group,
        -- A promise is about the future by nature, so a planned one counts at the first rung of its
        -- ladder, unless its words only weigh it. Planned higher stages, conditions and denials
        -- never move a commitment.
        stage_ranks.rank is not null and (
            dated.realis = 'actual'
            or (
                dated.realis = 'planned'
                and stage_ranks.is_first_rung
                and not coalesce({{ is_considered('dated.stage_words') }}, false)
            )
        ) as advances_stage
    from dated
    left join organisations
        on dated.counterpart_id = organisations.organisation_id
    left join countries on dated.counterpart_id = countries.iso3
    left join source_ranks on dated.source_kind = source_ranks.source_kind
    left join stage_ranks
        on dated.stage = stage_ranks.stage
        and case when dated.record_type = 'funding_amount' then 'pledge' else dated.record_type end
            = stage_ranks.record_type

)

select * from final
