with

measures as (

    select * from {{ ref('int_contributor_measures') }}

),

countries as (

    select * from {{ ref('countries') }}

),

final as (

    select
        countries.iso3,
        countries.name_en as country,
        countries.region,
        measures.sole_pledged_usd,
        measures.sole_committed_usd,
        measures.sole_disbursed_usd,
        measures.sole_total_usd,
        measures.open_ended_n,
        measures.unconverted_n,
        measures.unquantified_n,
        measures.conditional_n,
        measures.parts_left_out_n,
        measures.joint_commitments_n,
        measures.joint_group_total_usd,
        measures.joint_share_usd,
        measures.in_kind_pledges_n,
        measures.troop_promises_n,
        measures.troops_promised_min,
        measures.troop_deployments_n,
        measures.troops_deployed_min,
        measures.memberships_n,
        measures.first_seen,
        measures.last_seen,
        measures.documents_n,
        measures.independent_sources_n,
        measures.has_conflict,
        countries.gdp_usd,
        countries.population,
        countries.year as reference_year,
        100 * cast(measures.sole_total_usd as double) / nullif(countries.gdp_usd, 0) as pct_gdp,
        cast(measures.sole_total_usd as double) / nullif(countries.population, 0) as usd_per_head
    from measures
    inner join countries on measures.entity_id = countries.iso3

)

select * from final
