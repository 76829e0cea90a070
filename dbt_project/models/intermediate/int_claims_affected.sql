{#- Claims are clustered among their neighbours: those of the same contributors for the same counterpart. A claim that
    names no counterpart takes it from claims with which it shares a hint (the same figure, the same host), and so
    joins the neighbourhoods of all of these. -#}
with recursive

claims as (

    select claim_id, record_id, neighbourhood, hint, counterpart_id is null as is_placeless
    from {{ ref('int_claims_resolved') }}

),

changed_records as (

    select record_id from {{ ref('int_records_changed') }}

),

{% if is_patch() -%}
built as (

    select claim_id, neighbourhood, hint, is_placeless
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

links as (

    select distinct hint, neighbourhood from claims where hint in (select hint from open_hints)

),

reached as (

    select neighbourhood from changed
    union
    select neighbourhood from claims where hint in (select hint from changed_hints)
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
