{#- Claims are clustered among their neighbours: those of the same contributors for the same counterpart. A claim that
    names no counterpart takes it from claims with which it shares a hint (the same figure, the same host), and so
    joins the neighbourhoods of all of these; money for a country may be that for an organisation which works there. -#}
with recursive

claims as (

    select claim_id, record_id, neighbourhood, hint, counterpart_id is null as is_placeless
    from {{ ref('int_claims_resolved') }}

),

dollars as (

    {{ claims_in_dollars() }}

),

sums as (

    select
        claims.neighbourhood,
        claims.contributor_ids,
        claims.contributor_key,
        claims.counterpart_id,
        claims.is_listed_counterpart,
        claims.has_partners,
        claims.wider_recipient_ids,
        claims.currency,
        claims.amount,
        claims.amount_min,
        claims.amount_max,
        dollars.headline_usd
    from {{ ref('int_claims_resolved') }} as claims
    left join dollars using (claim_id)
    where (len(claims.wider_recipient_ids) > 0 or len(claims.contributor_ids) > 1 or claims.has_partners)
        and coalesce(claims.amount, claims.amount_min, claims.amount_max) is not null

),

recipients as (

    select
        neighbourhood,
        true as is_link,
        unnest(list_concat({{ recipient_hints('sums', 'headline_usd') }}, {{ place_hints('sums') }})) as recipient_hint
    from sums
    union all
    -- Joint sums of one size are linked where somebody speaks of unnamed partners.
    select
        neighbourhood,
        has_partners as is_link,
        unnest({{ partner_hints('sums', 'headline_usd') }}) as recipient_hint
    from sums
    union all
    -- So are joint contingents of one place, also where an organisation may stand for its members.
    select
        neighbourhood,
        has_partners or {{ is_organisation_alone('contributor_ids') }} as is_link,
        unnest({{ contingent_hints('claims') }}) as recipient_hint
    from {{ ref('int_claims_resolved') }} as claims
    where record_type = 'troop_commitment'

),

changed_records as (

    select record_id from {{ ref('int_records_changed') }}

),

{% if is_patch() -%}
built as (

    select claim_id, neighbourhood, hint, is_placeless, recipient_hints
    from intermediate.int_claims_clustered
    where record_id in (select record_id from changed_records)

),

changed as (

    select neighbourhood, hint, is_placeless from claims where record_id in (select record_id from changed_records)
    union
    select neighbourhood, hint, is_placeless from built

),

open_hints as (

    select distinct hint from claims where is_placeless and hint is not null

),

changed_hints as (

    select distinct hint
    from changed
    where hint is not null and (is_placeless or hint in (select hint from open_hints))

),

shared_hints as (

    select recipient_hint as hint from recipients
    group by recipient_hint
    having min(neighbourhood) <> max(neighbourhood) and bool_or(is_link)

),

links as (

    select distinct hint, neighbourhood from claims where hint in (select hint from open_hints)
    union all
    select distinct recipient_hint as hint, neighbourhood from recipients where recipient_hint in (select hint from shared_hints)

),

reached as (

    select neighbourhood from changed
    union
    select neighbourhood from claims where hint in (select hint from changed_hints)
    union
    select neighbourhood from recipients where recipient_hint in (select unnest(recipient_hints) from built)
    union
    select beyond.neighbourhood
    from reached
    inner join links using (neighbourhood)
    inner join links as beyond on links.hint = beyond.hint

),

final as (

    select claim_id from claims where neighbourhood in (select neighbourhood from reached)
    union
    select claim_id from built

)
{%- else -%}
final as (

    select claims.claim_id from claims
    semi join changed_records using (record_id)
    where false

)
{%- endif %}

select * from final
