with

claims as (

    select
        claim_id,
        document_id,
        case when is_contribution then 'contribution' else 'funding ' || coalesce(role, 'other') end as money_kind,
        contributor_ids,
        contributor_key,
        counterpart_id,
        currency,
        qualifier,
        coalesce(amount, amount_min, amount_max) as headline,
        amount_min,
        amount_max,
        coalesce(qualifier, '') in ('at_least', 'more_than') as is_open,
        coalesce(qualifier, '') in ('up_to', 'less_than') as is_capped,
        own_date,
        effective_date,
        stage_rank,
        is_exit
    from {{ ref('int_claims_resolved') }}
    where record_type in ('pledge', 'funding_amount')
        and coalesce(amount, amount_min, amount_max) is not null

),

-- A claim that names no recipient (or no currency) follows the claims of the same contributors
-- with the same figure, if all of these name one and the same.
with_recipient as (

    select
        * exclude (counterpart_id),
        counterpart_id as stated_counterpart_id,
        coalesce(
            counterpart_id,
            case
                when min(counterpart_id) over same_figure = max(counterpart_id) over same_figure
                    then min(counterpart_id) over same_figure
            end
        ) as counterpart_id
    from claims
    window same_figure as (partition by money_kind, contributor_key, currency, headline)

),

with_currency as (

    select
        * exclude (currency),
        coalesce(
            currency,
            case
                when min(currency) over same_figure = max(currency) over same_figure
                    then min(currency) over same_figure
            end
        ) as currency
    from with_recipient
    window same_figure as (partition by money_kind, contributor_key, counterpart_id, headline)

),

measured as (

    select
        *,
        concat_ws('|', money_kind, contributor_key, coalesce(counterpart_id, ''), coalesce(currency, '')) as block_key,
        -- Value of the last digit that the figure states: 1 for "7 billion" is a billion.
        power(
            10.0,
            floor(log10(greatest(cast(headline as double), 1e-4))) + 1 - {{ significant_digits('headline') }}
        ) as last_digit_value
    from with_currency

),

-- Within a block the claims stand in order of their figure, so that each has to be compared with
-- the one before it only: sorting instead of comparing all pairs.
neighboured as (

    select
        *,
        lag(claim_id) over by_figure is null as is_first,
        lag(headline) over by_figure as previous_headline,
        lag(amount_min) over by_figure as previous_min,
        lag(last_digit_value) over by_figure as previous_last_digit_value,
        lag(is_open) over by_figure as previous_is_open,
        lag(qualifier) over by_figure as previous_qualifier,
        lag(effective_date) over by_figure as previous_date
    from measured
    window by_figure as (
        partition by block_key
        order by headline, is_open, effective_date desc nulls first, claim_id
    )

),

compared as (

    select
        *,
        case
            when is_first then 'first'
            when headline = previous_headline then 'same figure'
            -- "more than 5" then "more than 7 billion": the later one revises the earlier one.
            when is_open and previous_is_open
                and headline <= 2 * previous_headline
                and coalesce(effective_date - previous_date between 0 and {{ var('revision_days') }}, true)
                then 'revised upwards'
            -- 7.4 lies in "more than 7"; eight does not: one would have said "more than 8".
            when previous_is_open and not is_open
                and headline < previous_headline + previous_last_digit_value
                and headline <= 1.5 * previous_headline
                then 'inside the open interval'
            when is_capped
                and previous_headline > headline - last_digit_value
                and headline <= 1.5 * previous_headline
                then 'below the cap'
            when qualifier = 'between' and previous_headline between amount_min and amount_max
                then 'inside the range'
            -- Equal at the coarser precision: 1.25 and "about 1.3 billion".
            when not is_open and not previous_is_open
                and round(headline / greatest(last_digit_value, previous_last_digit_value))
                    = round(previous_headline / greatest(last_digit_value, previous_last_digit_value))
                and headline <= previous_headline * case
                    when 'approximately' in (coalesce(qualifier, ''), coalesce(previous_qualifier, '')) then 1.10
                    else 1.05
                end
                then 'equal at the coarser precision'
        end as figure_reason
    from neighboured

),

islands as (

    select
        *,
        sum(case when figure_reason is null or figure_reason = 'first' then 1 else 0 end) over (
            partition by block_key
            order by headline, is_open, effective_date desc nulls first, claim_id
            rows unbounded preceding
        ) as island_n
    from compared

),

anchored as (

    select
        *,
        min(headline) over (partition by block_key, island_n) as anchor,
        last_value(own_date ignore nulls) over earlier as previous_own_date,
        last_value(case when own_date is not null then stage_rank end ignore nulls) over earlier
            as previous_own_stage_rank
    from islands
    window earlier as (
        partition by block_key, island_n
        order by coalesce(own_date, effective_date) nulls first, stage_rank nulls first, claim_id
        rows between unbounded preceding and 1 preceding
    )

),

-- The same figure again half a year later, not a step up the ladder: a new yearly pledge.
repeated as (

    select
        *,
        sum(
            case
                when own_date - previous_own_date > {{ var('repeat_days') }}
                    and coalesce(stage_rank, 0) <= coalesce(previous_own_stage_rank, 0)
                    and not is_exit
                    then 1
                else 0
            end
        ) over (
            partition by block_key, island_n
            order by coalesce(own_date, effective_date) nulls first, stage_rank nulls first, claim_id
            rows unbounded preceding
        ) as repeat_n
    from anchored

),

clustered as (

    select
        *,
        concat_ws('|', block_key, cast(cast(anchor as decimal(38, 4)) as varchar), cast(repeat_n as varchar)) as commitment_key
    from repeated

),

-- One joint sum, listed by one report with five names and by another with six: same recipient and
-- currency, a figure in common, and more than half of the names.
joint_clusters as (

    select
        commitment_key,
        any_value(contributor_ids) as contributor_ids,
        any_value(concat_ws('|', money_kind, coalesce(counterpart_id, ''), coalesce(currency, ''))) as sum_key,
        list_distinct(list(headline)) as headlines,
        count(distinct document_id) as documents_n,
        min(effective_date) as first_date
    from clustered
    where len(contributor_ids) > 1
    group by commitment_key

),

joint_figures as (

    select * exclude (headlines), unnest(headlines) as headline
    from joint_clusters

),

-- Of each figure the cluster with the most reports leads; only it is compared with the others.
leading_figures as (

    select
        *,
        first(commitment_key) over by_reports as leading_key,
        first(contributor_ids) over by_reports as leading_ids,
        first(first_date) over by_reports as leading_date
    from joint_figures
    window by_reports as (
        partition by sum_key, headline
        order by documents_n desc, len(contributor_ids) desc, commitment_key
    )

),

followed as (

    select
        commitment_key,
        min(leading_key) as leading_key
    from leading_figures
    where commitment_key <> leading_key
        and 2 * len(list_intersect(contributor_ids, leading_ids)) > len(list_distinct(contributor_ids || leading_ids))
        and coalesce(abs(first_date - leading_date) <= {{ var('revision_days') }}, true)
    group by commitment_key

),

-- Who follows a follower follows its leader.
joined_sets as (

    select
        followed.commitment_key,
        coalesce(leaders.leading_key, followed.leading_key) as leading_key
    from followed
    left join followed as leaders on followed.leading_key = leaders.commitment_key

),

final as (

    select
        clustered.claim_id,
        coalesce(joined_sets.leading_key, clustered.commitment_key) as commitment_key,
        clustered.block_key,
        clustered.counterpart_id,
        clustered.currency,
        clustered.contributor_key,
        concat_ws(
            '; ',
            case when clustered.figure_reason <> 'first' then clustered.figure_reason end,
            case
                when clustered.stated_counterpart_id is null and clustered.counterpart_id is not null
                    then 'recipient from the only match'
            end,
            case when clustered.repeat_n > 0 then 'repeated after ' || {{ var('repeat_days') }} || ' days' end,
            case when joined_sets.leading_key is not null then 'joint sum with most names in common' end
        ) as cluster_reason
    from clustered
    left join joined_sets using (commitment_key)

)

select * from final
