-- Country totals = country-and-recipient totals = the events that stand in the timeline.
with

by_country as (

    select iso3, sole_pledged_usd, sole_committed_usd, sole_disbursed_usd
    from {{ ref('contributions_by_country') }}

),

by_recipient as (

    select
        iso3,
        sum(sole_pledged_usd) as sole_pledged_usd,
        sum(sole_committed_usd) as sole_committed_usd,
        sum(sole_disbursed_usd) as sole_disbursed_usd
    from {{ ref('contributions_by_country_and_recipient') }}
    group by iso3

),

by_timeline as (

    select
        commitments.contributor_ids as iso3,
        coalesce(sum(timeline.counted_usd) filter (where timeline.stage = 'pledged'), 0) as sole_pledged_usd,
        coalesce(sum(timeline.counted_usd) filter (where timeline.stage in ('committed', 'disbursing')), 0)
            as sole_committed_usd,
        coalesce(sum(timeline.counted_usd) filter (where timeline.stage = 'disbursed'), 0) as sole_disbursed_usd
    from {{ ref('commitment_timeline') }} as timeline
    inner join {{ ref('commitments') }} as commitments using (commitment_id)
    where timeline.is_standing and not commitments.is_joint
        -- A person who corrects the stage of a commitment overrules its events.
        and timeline.stage = commitments.current_stage
    group by commitments.contributor_ids

),

different as (

    select
        by_country.*,
        by_recipient.sole_pledged_usd as recipient_pledged_usd,
        by_timeline.sole_pledged_usd as timeline_pledged_usd
    from by_country
    left join by_recipient using (iso3)
    left join by_timeline using (iso3)
    where by_country.sole_pledged_usd <> coalesce(by_recipient.sole_pledged_usd, 0)
        or by_country.sole_committed_usd <> coalesce(by_recipient.sole_committed_usd, 0)
        or by_country.sole_disbursed_usd <> coalesce(by_recipient.sole_disbursed_usd, 0)
        or (
            by_country.sole_pledged_usd <> coalesce(by_timeline.sole_pledged_usd, 0)
            or by_country.sole_committed_usd <> coalesce(by_timeline.sole_committed_usd, 0)
            or by_country.sole_disbursed_usd <> coalesce(by_timeline.sole_disbursed_usd, 0)
        ) and not exists (
            select 1 from {{ ref('commitment_overrides') }} where action = 'correct' and field = 'stage'
        )

)

select * from different
