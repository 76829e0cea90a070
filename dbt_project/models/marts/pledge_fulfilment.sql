with

commitments as (

    select * from {{ ref('int_commitments_counted') }}
    where include_in_totals

),

contributor_names as (

    select
        commitment_id,
        array_to_string(list_sort(list(name)), '; ') as contributors
    from {{ ref('int_commitment_contributors') }}
    group by commitment_id

),

final as (

    select
        commitments.contributor_key as contributor_ids,
        coalesce(commitments.counterpart_id, 'unknown') as recipient_id,
        any_value(contributor_names.contributors) as contributors,
        coalesce(any_value(commitments.counterpart_name), 'unknown') as recipient,
        any_value(commitments.is_joint) as is_joint,
        cast(sum(commitments.counted_usd) as decimal(38, 2)) as promised_usd,
        cast(coalesce(sum(commitments.counted_usd) filter (where commitments.stage_group = 'pledged'), 0) as decimal(38, 2))
            as outstanding_pledge_usd,
        cast(coalesce(sum(commitments.counted_usd) filter (where commitments.stage_group = 'committed'), 0) as decimal(38, 2))
            as outstanding_commitment_usd,
        cast(coalesce(sum(commitments.counted_usd) filter (where commitments.stage_group = 'disbursed'), 0) as decimal(38, 2))
            as disbursed_usd,
        cast(coalesce(sum(commitments.counted_usd) filter (where commitments.stage_group = 'disbursed'), 0) as double)
            / nullif(cast(sum(commitments.counted_usd) as double), 0) as disbursed_ratio,
        count(*) as commitments_n,
        count(*) filter (where commitments.amount_max is null) as open_ended_n,
        min(commitments.first_seen) as first_seen,
        max(commitments.last_seen) as last_seen
    from commitments
    left join contributor_names using (commitment_id)
    group by 1, 2

)

select * from final
