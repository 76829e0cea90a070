with

claims as (

    select * from {{ ref('int_claims_resolved') }}
    where {{ is_affected('int_claims_affected', 'claim_id') }}

),

money_clusters as (

    select * from {{ ref('int_money_claims_clustered') }}

),

overrides as (

    select * from {{ ref('commitment_overrides') }}

),

money_keys as (

    select claim_id, commitment_key, cluster_reason, counterpart_id
    from money_clusters

),

-- Help without a figure: by contributors, recipient and what is given; the same again half a year later,
-- with nothing said of it in between, is another gift.
unpriced as (

    select
        claim_id,
        contributor_key,
        main_resource,
        effective_date,
        stage_rank,
        is_exit,
        main_resource = 'financial' or main_resource = 'unspecified' and {{ names_money('quote') }} as is_money,
        coalesce(
            counterpart_id,
            case
                when min(counterpart_id) over same_help = max(counterpart_id) over same_help
                    then min(counterpart_id) over same_help
            end
        ) as counterpart_id,
        counterpart_id as stated_counterpart_id
    from claims
    where is_contribution and coalesce(amount, amount_min, amount_max) is null
    window same_help as (partition by contributor_key, main_resource)

),

-- Money without a figure is the sum that the same contributors give to the same recipient at that time, if
-- there is one only. Help of an unknown kind may be aircraft beside a loan: it is when one of the two is a step up the
-- ladder from the other, or both are told at one stage in one month, for all that is said of such help.
linked_sums as (

    select
        unpriced.claim_id,
        any_value(unpriced.contributor_key) as contributor_key,
        any_value(unpriced.counterpart_id) as counterpart_id,
        any_value(unpriced.main_resource) as main_resource,
        any_value(unpriced.is_money) as is_money,
        bool_or(unpriced.stage_rank <> money_clusters.stage_rank) as is_step,
        min(money_clusters.commitment_key) as commitment_key
    from unpriced
    inner join money_clusters
        on unpriced.contributor_key = money_clusters.contributor_key
        and unpriced.counterpart_id = money_clusters.named_counterpart_id
        and starts_with(money_clusters.block_key, 'contribution|')
        and coalesce(
            abs(unpriced.effective_date - money_clusters.effective_date) <= {{ var('repeat_days') }}
            -- The payment of what was promised may come later.
            or {{ is_step_of(
                'unpriced.stage_rank', 'unpriced.effective_date', 'money_clusters.stage_rank',
                'money_clusters.effective_date', var('payment_days')
            ) }},
            true
        )
    where unpriced.is_money
        or unpriced.main_resource = 'unspecified' and not unpriced.is_exit and (
            unpriced.stage_rank = money_clusters.stage_rank
                and abs(unpriced.effective_date - money_clusters.effective_date) <= {{ var('revision_days') }}
            or {{ is_step_of(
                'unpriced.stage_rank', 'unpriced.effective_date', 'money_clusters.stage_rank',
                'money_clusters.effective_date', var('repeat_days')
            ) }}
            or {{ is_step_of(
                'money_clusters.stage_rank', 'money_clusters.effective_date', 'unpriced.stage_rank',
                'unpriced.effective_date', var('repeat_days')
            ) }}
        )
    group by unpriced.claim_id
    having min(money_clusters.commitment_key) = max(money_clusters.commitment_key)

),

said_of_help as (

    select contributor_key, counterpart_id, main_resource, count(*) as claims_n
    from unpriced
    group by contributor_key, counterpart_id, main_resource

),

only_sums as (

    select linked_sums.claim_id, linked_sums.commitment_key
    from linked_sums
    inner join said_of_help using (contributor_key, counterpart_id, main_resource)
    qualify is_money
        or claims_n = count(*) over (partition by contributor_key, counterpart_id, main_resource)
            and bool_or(is_step) over (partition by contributor_key, counterpart_id, main_resource)

),

dated_help as (

    select
        unpriced.*,
        only_sums.commitment_key as sum_key,
        lag(unpriced.effective_date) over by_date as previous_date
    from unpriced
    left join only_sums using (claim_id)
    window by_date as (
        partition by only_sums.commitment_key, unpriced.contributor_key, unpriced.counterpart_id, unpriced.main_resource
        order by unpriced.effective_date nulls first, unpriced.claim_id
    )

),

repeated_help as (

    select
        *,
        sum(case when effective_date - previous_date > {{ var('repeat_days') }} then 1 else 0 end) over (
            partition by sum_key, contributor_key, counterpart_id, main_resource
            order by effective_date nulls first, claim_id
            rows unbounded preceding
        ) as repeat_n
    from dated_help

),

unpriced_keys as (

    select
        claim_id,
        case
            when sum_key is not null then sum_key
            else concat_ws(
                '|', 'in kind', contributor_key, coalesce(counterpart_id, ''), main_resource,
                case when repeat_n > 0 then cast(repeat_n as varchar) end
            )
        end as commitment_key,
        concat_ws(
            '; ',
            case when sum_key is not null then 'no figure, the only sum of this contributor for this recipient' end,
            case
                when stated_counterpart_id is null and counterpart_id is not null then 'recipient from the only match'
            end,
            case when sum_key is null and repeat_n > 0 then 'repeated after {{ var('repeat_days') }} days' end
        ) as cluster_reason,
        counterpart_id
    from repeated_help

),

-- Personnel: by contributors and force; by host country when no force is named, unless the
-- contributor serves in one force only there.
troops as (

    select
        claim_id,
        contributor_key,
        coalesce(
            counterpart_id,
            case
                when host_id is not null
                    and min(counterpart_id) over same_host = max(counterpart_id) over same_host
                    then min(counterpart_id) over same_host
            end
        ) as counterpart_id,
        counterpart_id as stated_counterpart_id,
        host_id,
        serves_in_id,
        document_id,
        coalesce(headcount, headcount_min, headcount_max) as headcount,
        effective_date,
        stage_rank,
        contributor_ids,
        has_partners,
        is_raise,
        {{ is_top_up('quote') }} as is_top_up
    from claims
    where record_type = 'troop_commitment'
    window same_host as (partition by contributor_key, host_id)

),

-- "139 to the Golan" or "its police in Vanuatu", and 140 in the only force of that contributor that is known to serve
-- there: the same, unless a document tells of both. So are the first 24 who arrived in Iraq of the 150 that it promised
-- to the mission.
forces_by_host as (

    select
        contributor_key,
        serves_in_id,
        min(counterpart_id) as force_id,
        list(headcount) filter (where headcount is not null) as headcounts,
        max(headcount) filter (where stage_rank = 1) as promised,
        min(effective_date) filter (where stage_rank = 1) as promised_date,
        list(distinct document_id) as document_ids
    from troops
    where counterpart_id is not null and serves_in_id is not null
    group by contributor_key, serves_in_id
    having min(counterpart_id) = max(counterpart_id)

),

without_force as (

    select contributor_key, host_id, list(distinct document_id) as document_ids
    from troops
    where counterpart_id is null and host_id is not null
    group by contributor_key, host_id

),

located as (

    select
        troops.* exclude (counterpart_id),
        coalesce(troops.counterpart_id, forces_by_host.force_id) as counterpart_id,
        coalesce(troops.counterpart_id, forces_by_host.force_id, troops.host_id, '') as force_key
    from troops
    left join without_force
        on troops.contributor_key = without_force.contributor_key and troops.host_id = without_force.host_id
    left join forces_by_host
        on troops.contributor_key = forces_by_host.contributor_key
        and troops.host_id = forces_by_host.serves_in_id
        and troops.counterpart_id is null
        and not list_has_any(forces_by_host.document_ids, without_force.document_ids)
        and (
            troops.headcount is null
            or list_bool_or(list_transform(
                forces_by_host.headcounts, headcount -> {{ is_near_headcount('headcount', 'troops.headcount') }}
            ))
            or not troops.is_top_up
                and troops.stage_rank > 1
                and troops.headcount < forces_by_host.promised
                and troops.effective_date >= forces_by_host.promised_date
        )

),

-- "Nigeria, Burkina Faso and their two partners": the joint contingent of which they are, if there is one only in that
-- force or host country, its number agrees or is raised, and no document tells of both.
joint_contingents as (

    select
        contributor_ids,
        contributor_key,
        force_key,
        min(serves_in_id) as serves_in_id,
        any_value(counterpart_id) as counterpart_id,
        list(headcount) filter (where headcount is not null) as headcounts,
        list(distinct document_id) as document_ids
    from located
    where len(contributor_ids) > 1 and not has_partners
    group by contributor_ids, contributor_key, force_key

),

partial_lists as (

    select
        located.claim_id,
        min(joint_contingents.contributor_key) as contributor_key,
        min(joint_contingents.force_key) as force_key,
        min(joint_contingents.counterpart_id) as counterpart_id
    from (select *, unnest([force_key, serves_in_id]) as place from located where has_partners) as located
    inner join (select *, unnest([force_key, serves_in_id]) as place from joint_contingents) as joint_contingents
        using (place)
    where located.force_key <> ''
        and {{ may_serve_together('located', 'joint_contingents') }}
        and len(joint_contingents.contributor_ids) > len(located.contributor_ids)
        and list_has_all(joint_contingents.contributor_ids, located.contributor_ids)
        and not list_contains(joint_contingents.document_ids, located.document_id)
        and (
            located.headcount is null
            or located.is_raise
            or list_bool_or(list_transform(
                joint_contingents.headcounts, headcount -> {{ is_near_headcount('headcount', 'located.headcount') }}
            ))
        )
    group by located.claim_id
    having count(distinct concat_ws('|', joint_contingents.contributor_key, joint_contingents.force_key)) = 1

),

-- "500 soldiers of the community": the 520 whom its members send together, where one joint contingent alone is known. Who its
-- members are is not, so the numbers have to agree closely.
only_contingents as (

    select
        place,
        min(contributor_key) as contributor_key,
        min(force_key) as force_key,
        min(counterpart_id) as counterpart_id,
        list_distinct(flatten(list(headcounts))) as headcounts,
        list_distinct(flatten(list(document_ids))) as document_ids
    from (select *, unnest(list_distinct([force_key, serves_in_id])) as place from joint_contingents)
    where place <> ''
    group by place
    having min(contributor_key) = max(contributor_key) and min(force_key) = max(force_key)

),

organisations as (

    select
        located.claim_id,
        min(only_contingents.contributor_key) as contributor_key,
        min(only_contingents.force_key) as force_key,
        min(only_contingents.counterpart_id) as counterpart_id
    from (
        select *, unnest(list_distinct([force_key, serves_in_id])) as place
        from located
        where {{ is_organisation_alone('contributor_ids') }} and not has_partners and headcount is not null
    ) as located
    inner join only_contingents using (place)
    where {{ may_serve_together('located', 'only_contingents') }}
        and not list_contains(only_contingents.document_ids, located.document_id)
        and list_bool_or(list_transform(
            only_contingents.headcounts, headcount -> headcount between 0.95 * located.headcount and 1.05 * located.headcount
        ))
    group by located.claim_id
    having count(distinct concat_ws('|', only_contingents.contributor_key, only_contingents.force_key)) = 1

),

contingents as (

    select
        located.* exclude (contributor_key, force_key, counterpart_id),
        coalesce(joined_contingents.contributor_key, located.contributor_key) as contributor_key,
        coalesce(joined_contingents.force_key, located.force_key) as force_key,
        coalesce(joined_contingents.counterpart_id, located.counterpart_id) as counterpart_id,
        joined_contingents.claim_id is not null as is_with_partners
    from located
    left join (from partial_lists union all from organisations) as joined_contingents using (claim_id)

),

-- A number that was first said as one more ("another 150 officers"), of somebody of whom more is known than
-- reports of the same, is a contingent of its own.
reinforcements as (

    select
        added.contributor_key,
        added.force_key,
        added.headcount,
        min(added.effective_date) as since_date
    from contingents as added
    inner join contingents as earlier
        on added.contributor_key = earlier.contributor_key
        and added.force_key = earlier.force_key
        and earlier.effective_date < added.effective_date
    where added.is_top_up and added.headcount is not null
    group by added.contributor_key, added.force_key, added.headcount
    having not bool_or({{ is_near_headcount('earlier.headcount', 'added.headcount') }} and not earlier.is_top_up)
        and bool_or(not {{ is_near_headcount('earlier.headcount', 'added.headcount') }})

),

troop_keys as (

    select
        contingents.claim_id,
        concat_ws(
            '|', 'troops', contingents.contributor_key, contingents.force_key,
            'more ' || min_by(reinforcements.headcount, abs(reinforcements.headcount - contingents.headcount))
        ) as commitment_key,
        concat_ws(
            '; ',
            case
                when any_value(contingents.stated_counterpart_id) is null and any_value(contingents.counterpart_id) is not null
                    then 'force from the only match in the host country'
            end,
            case when any_value(contingents.is_with_partners) then 'joint contingent of this contributor and partners' end,
            case when count(reinforcements.headcount) > 0 then 'a contingent added to an earlier one' end
        ) as cluster_reason,
        any_value(contingents.counterpart_id) as counterpart_id
    from contingents
    left join reinforcements
        on contingents.contributor_key = reinforcements.contributor_key
        and contingents.force_key = reinforcements.force_key
        and {{ is_near_headcount('contingents.headcount', 'reinforcements.headcount') }}
        and contingents.effective_date >= reinforcements.since_date
    group by contingents.claim_id, contingents.contributor_key, contingents.force_key

),

membership_keys as (

    select
        claim_id,
        -- Who chairs an organisation, or sits on its board, holds another seat than that of a member.
        concat_ws('|', 'membership', contributor_key, coalesce(counterpart_id, ''), coalesce(body_id, case
            when role in ('chair', 'executive_member') then role else ''
        end)) as commitment_key,
        '' as cluster_reason,
        counterpart_id
    from claims
    where record_type = 'membership'

),

unpriced_funding_keys as (

    select
        claim_id,
        concat_ws('|', 'funding', coalesce(role, 'other'), contributor_key, coalesce(counterpart_id, '')) as commitment_key,
        '' as cluster_reason,
        counterpart_id
    from claims
    where record_type = 'funding_amount'
        and not is_contribution
        and coalesce(amount, amount_min, amount_max) is null

),

keyed as (

    select * from money_keys
    union all
    select * from unpriced_keys
    union all
    select * from troop_keys
    union all
    select * from membership_keys
    union all
    select * from unpriced_funding_keys

),

identified as (

    select
        claim_id,
        {{ commitment_hash('commitment_key') }} as rule_commitment_id,
        commitment_key,
        cluster_reason,
        counterpart_id
    from keyed

),

merges as (

    select commitment_id, target, author, date, reason
    from overrides
    where action = 'merge'
    qualify row_number() over (partition by commitment_id order by date desc, target) = 1

),

splits as (

    select commitment_id, target as claim_id, coalesce(value, target) as split_label, author, date, reason
    from overrides
    where action = 'split'
    qualify row_number() over (partition by commitment_id, target order by date desc) = 1

),

final as (

    select
        identified.claim_id,
        claims.record_id,
        case
            when splits.claim_id is not null
                then {{ commitment_hash("identified.rule_commitment_id || '|split|' || splits.split_label") }}
            else coalesce(merges.target, identified.rule_commitment_id)
        end as commitment_id,
        identified.rule_commitment_id,
        identified.commitment_key,
        identified.counterpart_id,
        nullif(concat_ws(
            '; ',
            nullif(identified.cluster_reason, ''),
            case
                when splits.claim_id is not null
                    then concat('split by ', splits.author, ' on ', splits.date, ': ', splits.reason)
                when merges.target is not null
                    then concat('merged by ', merges.author, ' on ', merges.date, ': ', merges.reason)
            end
        ), '') as cluster_reason,
        claims.neighbourhood,
        claims.hint,
        coalesce(money_clusters.recipient_hints, {{ contingent_hints('claims') }}) as recipient_hints,
        nullif(money_clusters.named_counterpart_id, identified.counterpart_id) as wider_counterpart_id,
        coalesce(money_clusters.is_restated, false) as is_restated,
        claims.counterpart_id is null as is_placeless
    from identified
    left join claims using (claim_id)
    left join money_clusters using (claim_id)
    left join merges on identified.rule_commitment_id = merges.commitment_id
    left join splits
        on identified.rule_commitment_id = splits.commitment_id
        and identified.claim_id = splits.claim_id

)

select * from final
