with

commitments as (

    select * from {{ ref('int_commitments_counted') }}
    where is_contribution and not is_rejected

),

contributors as (

    select * from {{ ref('int_commitment_contributors') }}

),

countries as (

    select * from {{ ref('countries') }}

),

final as (

    select
        countries.iso3,
        coalesce(commitments.counterpart_id, 'unknown') as recipient_id,
        coalesce(commitments.aid_type, 'unspecified') as aid_type,
        any_value(countries.name_en) as country,
        coalesce(any_value(commitments.counterpart_name), 'unknown') as recipient,
        coalesce(any_value(commitments.counterpart_type), 'unknown') as recipient_type,
        {{ money_measures('commitments', 'contributors') }},
        count(*) as commitments_n,
        min(commitments.first_seen) as first_seen,
        max(commitments.last_seen) as last_seen
    from contributors
    inner join commitments using (commitment_id)
    inner join countries on contributors.entity_id = countries.iso3
    group by 1, 2, 3

)

select * from final
