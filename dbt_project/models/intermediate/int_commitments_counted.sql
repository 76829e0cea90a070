{{ config(materialized='patched', key='commitment_id', affected='int_commitments_recounted') }}
with

commitments as (

    select * from {{ ref('int_commitments_described') }}

),

links as (

    select * from {{ ref('int_commitments_linked') }}

),

entities as (

    select * from {{ ref('int_entities') }}

),

-- What draws on a commitment is judged with it.
concerned as (

    select commitment_id from commitments
    where {{ is_affected('int_commitments_recounted', 'commitment_id') }}
    union
    select commitment_id from links
    where link_kind = 'draws_on' and {{ is_affected('int_commitments_recounted', 'parent_id', 'commitment_id') }}

),

judged as (

    select
        commitments.*,
        entities.name as counterpart_name,
        entities.type as counterpart_type,
        links.parent_id,
        links.link_kind,
        links.link_reason,
        coalesce(links.is_decided, false) as is_link_decided,
        case
            when commitments.record_type in ('troop_commitment', 'membership') then 'not_money'
            when commitments.is_rejected then 'rejected'
            when not commitments.is_contribution and commitments.role = 'contribution' then 'no_contributor'
            when not commitments.is_contribution then 'not_a_contribution'
            when commitments.stage is null then commitments.realis
            when commitments.stage_group = 'ended' then commitments.stage
            when commitments.is_umbrella then 'umbrella'
            when links.link_kind = 'part_of' then 'part_of'
            when links.link_kind = 'possible_part_of' then 'possible_part_of'
            when not commitments.has_amount then 'no_amount'
            when commitments.currency is null then 'no_currency'
            when commitments.exchange_rate is null then 'no_rate'
        end as exclude_reason
    from commitments
    semi join concerned using (commitment_id)
    left join links using (commitment_id)
    left join entities on commitments.counterpart_id = entities.entity_id

),

drawn as (

    select
        parent_id as commitment_id,
        sum(usd_min) as drawn_usd
    from judged
    where link_kind = 'draws_on' and exclude_reason is null
    group by parent_id

),

final as (

    select
        judged.*,
        judged.exclude_reason is null as include_in_totals,
        cast(coalesce(drawn.drawn_usd, 0) as decimal(38, 2)) as drawn_usd,
        case
            when judged.exclude_reason is null
                then cast(greatest(judged.usd_min - coalesce(drawn.drawn_usd, 0), 0) as decimal(38, 2))
        end as counted_usd
    from judged
    left join drawn using (commitment_id)
    where {{ is_affected('int_commitments_recounted', 'commitment_id') }}

)

select * from final
