with

commitments as (

    select * from {{ ref('int_commitments_counted') }}
    where record_type in ('pledge', 'funding_amount')
        and counterpart_id is not null
        and coalesce(counterpart_type, 'unknown') <> 'country'
        and not is_rejected

),

contributors as (

    select
        commitments.counterpart_id,
        count(distinct members.entity_id) as contributors_n
    from commitments
    inner join {{ ref('int_commitment_contributors') }} as members using (commitment_id)
    where commitments.is_contribution and commitments.stage_group in ('pledged', 'committed', 'disbursed')
    group by commitments.counterpart_id

),

-- The latest figure of each kind: two needs of two years are not a sum.
summed as (

    select
        counterpart_id,
        any_value(counterpart_name) as organisation,
        any_value(counterpart_type) as organisation_type,
        coalesce(sum(counted_usd) filter (where stage_group = 'pledged'), 0) as pledged_usd,
        coalesce(sum(counted_usd) filter (where stage_group = 'committed'), 0) as committed_usd,
        coalesce(sum(counted_usd) filter (where stage_group = 'disbursed'), 0) as disbursed_usd,
        coalesce(sum(counted_usd), 0) as total_usd,
        count(*) filter (where is_contribution) as commitments_n,
        count(*) filter (where include_in_totals and amount_max is null) as open_ended_n,
        count(*) filter (where exclude_reason in ('no_rate', 'no_currency')) as unconverted_n,
        {% for role in ['threshold', 'target', 'need', 'budget', 'cost', 'total_raised'] -%}
        arg_max(coalesce(usd_min, amount_usd), (coalesce(first_date, date '0001-01-01'), coalesce(usd_min, amount_usd)))
            filter (where not is_contribution and role = '{{ role }}' and coalesce(usd_min, amount_usd) is not null)
            as {{ role }}_usd,
        {% endfor -%}
        count(*) filter (where not is_contribution) as figures_not_counted_n,
        min(first_seen) as first_seen,
        max(last_seen) as last_seen
    from commitments
    group by counterpart_id

),

final as (

    select
        summed.counterpart_id as organisation_id,
        summed.organisation,
        summed.organisation_type,
        cast(summed.pledged_usd as decimal(38, 2)) as pledged_usd,
        cast(summed.committed_usd as decimal(38, 2)) as committed_usd,
        cast(summed.disbursed_usd as decimal(38, 2)) as disbursed_usd,
        cast(summed.total_usd as decimal(38, 2)) as total_usd,
        coalesce(contributors.contributors_n, 0) as contributors_n,
        summed.commitments_n,
        summed.open_ended_n,
        summed.unconverted_n,
        summed.threshold_usd,
        summed.target_usd,
        summed.need_usd,
        summed.budget_usd,
        summed.cost_usd,
        summed.total_raised_usd,
        summed.figures_not_counted_n,
        cast(summed.total_usd as double)
            / nullif(cast(coalesce(summed.need_usd, summed.target_usd) as double), 0) as coverage_ratio,
        summed.first_seen,
        summed.last_seen
    from summed
    left join contributors using (counterpart_id)

)

select * from final
