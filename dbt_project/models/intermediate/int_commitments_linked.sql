with

commitments as (

    select * from {{ ref('int_commitments_described') }}
    where not is_rejected

),

entities as (

    select * from {{ ref('int_entities') }}

),

overrides as (

    select * from {{ ref('commitment_overrides') }}

),

sums as (

    select
        *,
        coalesce(amount_min, amount, amount_max) as headline,
        coalesce(stage_since, first_date) as link_date
    from commitments
    where is_contribution and has_amount and coalesce(stage_group, '') in ('pledged', 'committed', 'disbursed')

),

-- What goes to a country through an organisation, or to an organisation through its fund, is found under both.
sums_by_recipient as (

    select * from sums
    union all
    select * replace (wider_counterpart_id as counterpart_id) from sums where wider_counterpart_id is not null

),

joint_members as (

    select
        unnest(contributor_ids) as entity_id,
        commitment_id,
        counterpart_id,
        usd_min,
        usd_max,
        link_date
    from sums_by_recipient as sums
    where is_joint and counterpart_id is not null

),

-- A member's own pledge beside a joint one, to the same recipient at about the same time: perhaps
-- its part of it. Undated ones are taken for near, since counting both could only overstate.
parts_of_sums as (

    select
        sums.commitment_id,
        joint_members.commitment_id as parent_id,
        'possible_part_of' as link_kind,
        'a contributor of a joint sum for the same recipient within {{ var('revision_days') }} days' as link_reason
    from sums_by_recipient as sums
    inner join joint_members
        on sums.contributor_ids[1] = joint_members.entity_id
        and sums.counterpart_id = joint_members.counterpart_id
    where not sums.is_joint
        and coalesce(abs(sums.link_date - joint_members.link_date) <= {{ var('revision_days') }}, true)
        and coalesce(sums.usd_min <= joint_members.usd_max, true)
    qualify row_number() over (
        partition by sums.commitment_id
        order by
            abs(sums.link_date - joint_members.link_date) nulls last,
            joint_members.usd_min desc nulls last,
            joint_members.commitment_id
    ) = 1

),

forces as (

    select * from commitments
    where record_type = 'troop_commitment' and counterpart_id is not null

),

-- An organisation's force, and the states that serve in it.
parts_of_forces as (

    select
        parts.commitment_id,
        wholes.commitment_id as parent_id,
        'possible_part_of' as link_kind,
        'serves in a force that is also counted as a whole' as link_reason
    from forces as parts
    inner join forces as wholes
        on parts.counterpart_id = wholes.counterpart_id
        and parts.commitment_id <> wholes.commitment_id
    inner join entities as part_contributors on parts.contributor_ids[1] = part_contributors.entity_id
    inner join entities as whole_contributors on wholes.contributor_ids[1] = whole_contributors.entity_id
    where not parts.is_joint
        and part_contributors.type = 'country'
        and (
            (wholes.is_joint and list_contains(wholes.contributor_ids, parts.contributor_ids[1]))
            or (not wholes.is_joint and whole_contributors.type in ('igo', 'bloc'))
        )
    qualify row_number() over (
        partition by parts.commitment_id
        order by wholes.headcount_min desc nulls last, wholes.is_joint, wholes.commitment_id
    ) = 1

),

-- A later, smaller sum further up the ladder, by the same contributors to the same recipient, is
-- paid out of the earlier promise: it reduces what is outstanding and adds nothing.
pledged as (

    select
        commitment_id, contributor_key, counterpart_id, currency, headline,
        coalesce(link_date, date '0001-01-01') as link_date
    from sums_by_recipient
    where stage_group = 'pledged' and counterpart_id is not null and currency is not null

),

committed as (

    select
        commitment_id, contributor_key, counterpart_id, currency, headline,
        coalesce(link_date, date '0001-01-01') as link_date
    from sums_by_recipient
    where stage_group = 'committed' and counterpart_id is not null and currency is not null

),

later_sums as (

    select
        commitment_id, contributor_key, counterpart_id, currency, headline, stage_group,
        coalesce(link_date, date '9999-12-31') as link_date
    from sums_by_recipient
    where stage_group in ('committed', 'disbursed') and counterpart_id is not null and currency is not null

),

drawn_on_committed as (

    select later_sums.commitment_id, committed.commitment_id as parent_id
    from later_sums
    asof inner join committed
        on later_sums.contributor_key = committed.contributor_key
        and later_sums.counterpart_id = committed.counterpart_id
        and later_sums.currency = committed.currency
        and later_sums.link_date >= committed.link_date
    where later_sums.stage_group = 'disbursed'
        and later_sums.headline <= committed.headline
        and later_sums.commitment_id <> committed.commitment_id

),

drawn_on_pledged as (

    select later_sums.commitment_id, pledged.commitment_id as parent_id
    from later_sums
    asof inner join pledged
        on later_sums.contributor_key = pledged.contributor_key
        and later_sums.counterpart_id = pledged.counterpart_id
        and later_sums.currency = pledged.currency
        and later_sums.link_date >= pledged.link_date
    anti join drawn_on_committed on later_sums.commitment_id = drawn_on_committed.commitment_id
    where later_sums.headline <= pledged.headline

),

drawn as (

    select
        commitment_id,
        parent_id,
        'draws_on' as link_kind,
        'a later step of an earlier, larger promise to the same recipient' as link_reason
    from (
        select * from drawn_on_committed
        union all
        select * from drawn_on_pledged
    )

),

found as (

    select *, 1 as link_priority from parts_of_sums
    union all
    select *, 1 as link_priority from parts_of_forces
    union all
    select *, 2 as link_priority from drawn

),

decided as (

    select
        commitment_id,
        case when action <> 'not_part_of' then target end as parent_id,
        action as link_kind,
        concat(action, ' by ', author, ' on ', date, ': ', reason) as link_reason
    from overrides
    where action in ('part_of', 'draws_on', 'not_part_of')
    qualify row_number() over (partition by commitment_id order by date desc, target) = 1

),

final as (

    select commitment_id, parent_id, link_kind, link_reason, true as is_decided
    from decided
    where parent_id is not null
    union all
    select commitment_id, parent_id, link_kind, link_reason, false as is_decided
    from found
    where commitment_id not in (select commitment_id from decided)
    qualify row_number() over (partition by commitment_id order by link_priority, parent_id) = 1

)

select * from final
