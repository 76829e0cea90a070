with

claims as (

    select * from {{ ref('int_claims_resolved') }}

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

-- Help without a figure: by contributors, recipient and what is given.
unpriced as (

    select
        claim_id,
        contributor_key,
        main_resource,
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

-- Money without a figure follows the only sum that the same contributors give to the same recipient.
only_sums as (

    select
        contributor_key,
        counterpart_id,
        min(commitment_key) as commitment_key
    from money_clusters
    where counterpart_id is not null and starts_with(block_key, 'contribution|')
    group by contributor_key, counterpart_id
    having min(commitment_key) = max(commitment_key)

),

unpriced_keys as (

    select
        unpriced.claim_id,
        case
            when unpriced.main_resource = 'financial' and only_sums.commitment_key is not null
                then only_sums.commitment_key
            else concat_ws(
                '|', 'in kind', unpriced.contributor_key, coalesce(unpriced.counterpart_id, ''), unpriced.main_resource
            )
        end as commitment_key,
        concat_ws(
            '; ',
            case
                when unpriced.main_resource = 'financial' and only_sums.commitment_key is not null
                    then 'no figure, the only sum of this contributor for this recipient'
            end,
            case
                when unpriced.stated_counterpart_id is null and unpriced.counterpart_id is not null
                    then 'recipient from the only match'
            end
        ) as cluster_reason,
        unpriced.counterpart_id
    from unpriced
    left join only_sums
        on unpriced.contributor_key = only_sums.contributor_key
        and unpriced.counterpart_id = only_sums.counterpart_id

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
        host_id
    from claims
    where record_type = 'troop_commitment'
    window same_host as (partition by contributor_key, host_id)

),

troop_keys as (

    select
        claim_id,
        concat_ws('|', 'troops', contributor_key, coalesce(counterpart_id, host_id, '')) as commitment_key,
        case
            when stated_counterpart_id is null and counterpart_id is not null then 'force from the only match in the host country'
            else ''
        end as cluster_reason,
        counterpart_id
    from troops

),

membership_keys as (

    select
        claim_id,
        concat_ws('|', 'membership', contributor_key, coalesce(counterpart_id, ''), coalesce(body_id, ''))
            as commitment_key,
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
        ), '') as cluster_reason
    from identified
    left join merges on identified.rule_commitment_id = merges.commitment_id
    left join splits
        on identified.rule_commitment_id = splits.commitment_id
        and identified.claim_id = splits.claim_id

)

select * from final
