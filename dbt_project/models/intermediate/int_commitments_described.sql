{{ config(materialized='patched', key='commitment_id', affected='int_commitments_affected') }}
with

clustered as (

    select * from {{ ref('int_claims_clustered') }}
    where {{ is_affected('int_commitments_affected', 'commitment_id') }}

),

claims as {{ claims_of('clustered') }},

stage_values as (

    select * from {{ ref('int_commitment_values') }}
    where is_preferred and {{ is_affected('int_commitments_affected', 'commitment_id') }}

),

states as (

    select * from {{ ref('int_commitment_states') }}
    where known_to is null

),

overrides as (

    select * from {{ ref('commitment_overrides') }}

),

-- The claims of a commitment in order of trust: attributes come from the first that states them. Ranked by
-- the few columns that decide, since sorting whole rows takes several times as long.
ranked as (

    select
        claims.claim_id,
        claims.document_id,
        claims.contributor_key,
        claims.contributor_ids,
        clustered.commitment_id,
        row_number() over (
            partition by clustered.commitment_id
            order by
                claims.advances_stage desc,
                claims.source_rank,
                claims.effective_date nulls last,
                claims.document_id,
                claims.ordinal,
                claims.claim_id
        ) as claim_n
    from claims
    inner join clustered using (claim_id)

),

-- A seat with a name of its own says more than "member"; among those the latest.
roles as (

    select clustered.commitment_id, claims.role
    from claims
    inner join clustered using (claim_id)
    where claims.role is not null
    qualify row_number() over (
        partition by clustered.commitment_id
        order by
            claims.role in ('founding_member', 'permanent_member', 'executive_member', 'chair') desc,
            claims.advances_stage desc,
            claims.effective_date desc nulls last,
            claims.source_rank,
            claims.document_id,
            claims.ordinal,
            claims.claim_id
    ) = 1

),

ordered as (

    select
        ranked.claim_id,
        ranked.claim_n,
        clustered.commitment_id,
        clustered.counterpart_id as cluster_counterpart_id,
        clustered.wider_counterpart_id,
        clustered.cluster_reason,
        claims.* exclude (claim_id, counterpart_id)
    from ranked
    inner join clustered using (claim_id)
    inner join claims using (claim_id)

),

-- Nearly always all claims name the same contributors.
contributor_sets as (

    select
        commitment_id,
        contributor_key,
        any_value(contributor_ids) as contributor_ids,
        count(distinct document_id) as documents_n
    from ranked
    where commitment_id in (
        select commitment_id from ranked group by commitment_id having min(contributor_key) <> max(contributor_key)
    )
    group by commitment_id, contributor_key

),

leading_sets as (

    select commitment_id, contributor_key, contributor_ids
    from contributor_sets
    qualify row_number() over (
        partition by commitment_id order by documents_n desc, len(contributor_ids) desc, contributor_key
    ) = 1

),

described as (

    select
        commitment_id,
        min(record_type) as record_type,
        bool_or(is_contribution) as is_contribution,
        min(cluster_counterpart_id) as counterpart_id,
        min(wider_counterpart_id) as wider_counterpart_id,
        arg_min(host_id, claim_n) filter (where host_id is not null) as host_id,
        arg_min(body_id, claim_n) filter (where body_id is not null) as body_id,
        arg_min(body, claim_n) filter (where body is not null) as body,
        arg_min(representative, claim_n) filter (where representative is not null) as representative,
        arg_min(inviter, claim_n) filter (where inviter is not null) as inviter,
        arg_min(requester, claim_n) filter (where requester is not null) as requester,
        arg_min(term, claim_n) filter (where term is not null) as term,
        arg_min(aid_type, claim_n) filter (where aid_type is not null) as aid_type,
        arg_min(finance_type, claim_n) filter (where coalesce(finance_type, 'unknown') <> 'unknown') as finance_type,
        arg_min(main_resource, claim_n) filter (where main_resource <> 'unspecified') as main_resource,
        arg_min(purpose, claim_n) filter (where purpose is not null) as purpose,
        arg_min(period, claim_n) filter (where period is not null) as period,
        arg_min(condition, claim_n) filter (where condition is not null) as condition,
        arg_min(personnel_types, claim_n) filter (where len(personnel_types) > 0) as personnel_types,
        arg_min(contributor_key, claim_n) as contributor_key,
        arg_min(contributor_ids, claim_n) as contributor_ids,
        arg_min(claim_id, claim_n) as best_claim_id,
        arg_min(document_id, claim_n) as best_document_id,
        arg_min(quote, claim_n) as best_quote,
        bool_or(realis = 'actual') as has_actual,
        bool_or(realis = 'conditional') as has_conditional,
        bool_or(realis = 'planned') as has_planned,
        arg_max(stage, (stage_rank, claim_id)) filter (where realis = 'planned' and not advances_stage)
            as planned_next_stage,
        bool_or(coalesce(currency_is_inferred, false)) as currency_is_inferred,
        count(*) as claims_n,
        {{ distinct_n('document_id') }} as documents_n,
        -- Ten reprints of one agency are one source, and so are ten copies of one sentence.
        least({{ distinct_n('source_key') }}, {{ distinct_n('quote_key') }}) as independent_sources_n,
        list_sort(list(distinct language) filter (where language is not null)) as languages,
        min(effective_date) as first_date,
        min(known_date) as first_seen,
        max(known_date) as last_seen,
        string_agg(distinct cluster_reason, '; ' order by cluster_reason) filter (where cluster_reason is not null) as cluster_reasons,
        string_agg(distinct correction_note, '; ' order by correction_note) filter (where correction_note is not null) as correction_note
    from ordered
    group by commitment_id

),

decisions as (

    select
        commitment_id,
        bool_or(action = 'reject') as is_rejected,
        max(value) filter (where action = 'correct' and field = 'amount') as amount,
        max(value) filter (where action = 'correct' and field = 'amount_min') as amount_min,
        max(value) filter (where action = 'correct' and field = 'amount_max') as amount_max,
        max(value) filter (where action = 'correct' and field = 'stage') as stage,
        max(value) filter (where action = 'correct' and field = 'aid_type') as aid_type,
        max(value) filter (where action = 'correct' and field = 'finance_type') as finance_type,
        bool_or(action = 'correct' and field = 'is_umbrella' and value = 'true') as is_umbrella,
        string_agg(
            concat(action, coalesce(' ' || field, ''), ' by ', author, ' on ', date, ': ', reason), '; '
            order by date, action, field
        ) as decision_note
    from overrides
    group by commitment_id

),

corrected_stages as (

    select * from {{ ref('stage_ranks') }}

),

money as (

    select * from stage_values where measure = 'money'

),

-- Of headcounts the one of the standing stage: how many were promised does not say how many came.
headcounts as (

    select * from stage_values where measure = 'headcount' and is_standing_stage

),

equipment as (

    select * from stage_values where measure = 'equipment' and is_standing_stage

),

joined as (

    select
        described.commitment_id,
        described.record_type,
        described.is_contribution,
        roles.role,
        coalesce(leading_sets.contributor_ids, described.contributor_ids) as contributor_ids,
        coalesce(leading_sets.contributor_key, described.contributor_key) as contributor_key,
        len(coalesce(leading_sets.contributor_ids, described.contributor_ids)) as contributors_n,
        len(coalesce(leading_sets.contributor_ids, described.contributor_ids)) > 1 as is_joint,
        described.counterpart_id,
        described.wider_counterpart_id,
        described.host_id,
        described.body_id,
        described.body,
        described.representative,
        described.inviter,
        described.requester,
        described.term,
        coalesce(decisions.aid_type, described.aid_type) as aid_type,
        coalesce(decisions.finance_type, described.finance_type) as finance_type,
        coalesce(described.main_resource, 'unspecified') as main_resource,
        described.purpose,
        described.period,
        described.condition,
        described.personnel_types,
        coalesce(try_cast(decisions.amount as decimal(38, 4)), money.value) as amount,
        coalesce(try_cast(coalesce(decisions.amount_min, decisions.amount) as decimal(38, 4)), money.value_min)
            as amount_min,
        coalesce(try_cast(coalesce(decisions.amount_max, decisions.amount) as decimal(38, 4)), money.value_max)
            as amount_max,
        money.currency,
        described.currency_is_inferred,
        case when decisions.amount is not null then 'exact' else money.qualifier end as qualifier,
        money.headline is not null as has_amount,
        money.value_date,
        money.exchange_rate,
        money.rate_date,
        money.rate_source,
        case
            when decisions.amount is not null
                then cast(round(try_cast(decisions.amount as double) * money.exchange_rate, 2) as decimal(38, 2))
            else money.amount_usd
        end as amount_usd,
        case
            when coalesce(decisions.amount_min, decisions.amount) is not null
                then cast(round(
                    try_cast(coalesce(decisions.amount_min, decisions.amount) as double) * money.exchange_rate, 2
                ) as decimal(38, 2))
            else money.usd_min
        end as usd_min,
        case
            when coalesce(decisions.amount_max, decisions.amount) is not null
                then cast(round(
                    try_cast(coalesce(decisions.amount_max, decisions.amount) as double) * money.exchange_rate, 2
                ) as decimal(38, 2))
            else money.usd_max
        end as usd_max,
        cast(headcounts.value as bigint) as headcount,
        cast(headcounts.value_min as bigint) as headcount_min,
        cast(headcounts.value_max as bigint) as headcount_max,
        headcounts.qualifier as headcount_qualifier,
        cast(equipment.value as bigint) as equipment,
        cast(equipment.value_min as bigint) as equipment_min,
        cast(equipment.value_max as bigint) as equipment_max,
        coalesce(decisions.stage, states.stage) as stage,
        coalesce(corrected_stages.rank, states.stage_rank) as stage_rank,
        coalesce(corrected_stages.stage_group, states.stage_group) as stage_group,
        states.stage_since,
        states.known_from as stage_known_from,
        case
            when coalesce(decisions.stage, states.stage) is not null then 'actual'
            when described.has_conditional then 'conditional'
            when described.has_planned then 'planned'
            when described.has_actual then 'actual'
            else 'negated'
        end as realis,
        described.planned_next_stage,
        -- The words that prove the figure shown, where there is one.
        coalesce(money.claim_id, headcounts.claim_id, described.best_claim_id) as best_claim_id,
        coalesce(money.document_id, headcounts.document_id, described.best_document_id) as best_document_id,
        coalesce(money.quote, headcounts.quote, described.best_quote) as best_quote,
        described.claims_n,
        described.documents_n,
        described.independent_sources_n,
        described.languages,
        described.first_date,
        described.first_seen,
        described.last_seen,
        described.cluster_reasons,
        coalesce(decisions.is_rejected, false) as is_rejected,
        coalesce(decisions.is_umbrella, false) as is_umbrella,
        nullif(concat_ws('; ', decisions.decision_note, described.correction_note), '') as override_note
    from described
    left join leading_sets using (commitment_id)
    left join roles using (commitment_id)
    left join money using (commitment_id)
    left join headcounts using (commitment_id)
    left join equipment using (commitment_id)
    left join states using (commitment_id)
    left join decisions using (commitment_id)
    left join corrected_stages
        on decisions.stage = corrected_stages.stage
        and case when described.record_type = 'funding_amount' then 'pledge' else described.record_type end
            = corrected_stages.record_type

)

select * from joined
