-- Total of the commitments in totals = sole sums of countries and of other contributors + each
-- joint commitment once = sums by recipient and by fulfilment.
with

total as (

    select coalesce(sum(counted_usd), 0) as usd from {{ ref('commitments') }} where include_in_totals

),

sole as (

    select coalesce(sum(sole_total_usd), 0) as usd from {{ ref('contributions_by_country') }}
    union all
    select coalesce(sum(sole_total_usd), 0) as usd from {{ ref('contributions_by_organisation') }}

),

joint as (

    select coalesce(sum(usd), 0) as usd
    from (
        select commitment_id, any_value(group_counted_usd) as usd
        from {{ ref('joint_commitments') }}
        where include_in_totals
        group by commitment_id
    )

),

fulfilment as (

    select coalesce(sum(promised_usd), 0) as usd from {{ ref('pledge_fulfilment') }}

),

compared as (

    select
        total.usd as total_usd,
        (select sum(usd) from sole) as sole_usd,
        joint.usd as joint_usd,
        fulfilment.usd as fulfilment_usd
    from total
    cross join joint
    cross join fulfilment

),

different as (

    select * from compared
    where total_usd <> sole_usd + joint_usd or total_usd <> fulfilment_usd

)

select * from different
