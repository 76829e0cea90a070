with

commitments as (

    select * from {{ ref('int_commitments_counted') }}
    where not is_rejected

),

headlines as (

    select *, cast(coalesce(amount, amount_min, amount_max, headcount_min) as double) as headline from commitments

),

-- Left out of the totals until a person confirms or denies.
possible_parts as (

    select
        'possible_part_of' as question,
        commitment_id,
        parent_id as other_commitment_id,
        link_reason as reason
    from commitments
    where link_kind = 'possible_part_of'

),

-- Two figures of one contributor for one recipient within a week: a top-up, or two reports that
-- disagree? Counted as two; neighbours by figure only.
neighbours as (

    select
        commitment_id,
        lag(commitment_id) over by_figure as other_commitment_id,
        coalesce(amount, amount_min, amount_max) as headline,
        lag(coalesce(amount, amount_min, amount_max)) over by_figure as other_headline,
        first_date,
        lag(first_date) over by_figure as other_date,
        best_document_id,
        lag(best_document_id) over by_figure as other_document_id
    from commitments
    where include_in_totals and counterpart_id is not null
    window by_figure as (
        partition by contributor_key, counterpart_id, currency, stage
        order by coalesce(amount, amount_min, amount_max), commitment_id
    )

),

near_figures as (

    select
        'one_or_two_sums' as question,
        commitment_id,
        other_commitment_id,
        'figures ' || other_headline::bigint || ' and ' || headline::bigint || ' within a week, from two documents' as reason
    from neighbours
    where other_commitment_id is not null
        and best_document_id <> other_document_id
        and headline <= 2 * other_headline
        and coalesce(abs(first_date - other_date) <= 7, true)

),

-- One sum for a country and for an organisation, told by two documents in a month: two gifts, or the place and
-- the one who works there? Counted as two.
recipients as (

    select commitments.*, entities.type = 'country' as is_for_country
    from commitments
    inner join {{ ref('int_entities') }} as entities on commitments.counterpart_id = entities.entity_id
    where coalesce(commitments.exclude_reason, 'no_rate') = 'no_rate'

),

other_recipients as (

    select
        'same_sum_for_another' as question,
        places.commitment_id,
        bodies.commitment_id as other_commitment_id,
        'the same sum of the same contributors for ' || bodies.counterpart_name || ', from another document' as reason
    from recipients as places
    inner join recipients as bodies
        on places.contributor_key = bodies.contributor_key
        and places.currency = bodies.currency
        and coalesce(places.amount, places.amount_min) = coalesce(bodies.amount, bodies.amount_min)
    where places.is_for_country and not bodies.is_for_country
        and places.best_document_id <> bodies.best_document_id
        and coalesce(abs(places.first_date - bodies.first_date) <= {{ var('revision_days') }}, true)

),

united as (

    select * from possible_parts
    union all
    select * from near_figures
    union all
    select * from other_recipients

),

measured as (

    select
        united.*,
        -- Smaller by larger figure, in the currency both are in, else in dollars.
        cast(case
            when commitments.currency = others.currency
                then least(commitments.headline, others.headline) / greatest(commitments.headline, others.headline)
            else least(commitments.usd_min, others.usd_min) / nullif(greatest(commitments.usd_min, others.usd_min), 0)
        end as double) as figure_ratio,
        abs(commitments.first_date - others.first_date) as days_apart,
        commitments.contributor_key as contributor_ids,
        commitments.counterpart_name as recipient,
        commitments.usd_min,
        others.usd_min as other_usd_min,
        commitments.best_quote,
        others.best_quote as other_quote
    from united
    inner join headlines as commitments using (commitment_id)
    inner join headlines as others on united.other_commitment_id = others.commitment_id

),

-- A decision about a commitment that is no longer there: its documents are gone, or a report that became
-- known earlier changed its key. It has no effect until a person names the commitment anew.
idle_decisions as (

    select
        'decision_without_commitment' as question,
        overrides.commitment_id,
        coalesce(overrides.target, '') as other_commitment_id,
        concat(overrides.action, ' by ', overrides.author, ' on ', overrides.date, ': ', overrides.reason) as reason
    from {{ ref('commitment_overrides') }} as overrides
    anti join {{ ref('int_claims_clustered') }} as clustered
        on overrides.commitment_id in (clustered.commitment_id, clustered.rule_commitment_id)
    qualify row_number() over (
        partition by overrides.commitment_id, overrides.target order by overrides.date desc, overrides.action
    ) = 1

),

final as (

    select
        question,
        commitment_id,
        other_commitment_id,
        -- How much speaks for yes: near figures (a part only has to be the smaller one), near days. An order to work
        -- in, not a probability; a day that is not known counts half.
        round(
            case
                when question in ('one_or_two_sums', 'same_sum_for_another') then coalesce(figure_ratio, 0.5)
                when usd_min > other_usd_min then 0.5
                else 1
            end * coalesce(greatest(1 - days_apart / {{ 2 * var('revision_days') }}.0, 0), 0.5),
            3
        ) as score,
        round(figure_ratio, 3) as figure_ratio,
        days_apart,
        reason,
        contributor_ids,
        recipient,
        usd_min,
        other_usd_min,
        best_quote,
        other_quote
    from measured
    union all by name
    select * from idle_decisions

)

select * from final
