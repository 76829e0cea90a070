with recursive

dollars as (

    {{ claims_in_dollars() }}

),

rough_rates as (

    select currency, usd_per_unit from {{ ref('rough_rates') }}

),

claims as (

    select
        claims.claim_id,
        document_id,
        case when is_contribution then 'contribution' else 'funding ' || coalesce(role, 'other') end as money_kind,
        contributor_ids,
        contributor_key,
        counterpart_id,
        is_listed_counterpart,
        has_partners,
        language,
        currency,
        qualifier,
        coalesce(amount, amount_min, amount_max) as headline,
        amount_min,
        amount_max,
        coalesce(qualifier, '') in ('at_least', 'more_than') as is_open,
        coalesce(qualifier, '') in ('up_to', 'less_than') as is_capped,
        coalesce(qualifier, '') = 'approximately' as is_approximate,
        own_date,
        effective_date,
        known_date,
        stage_rank,
        is_exit,
        {{ is_top_up('quote') }} as is_top_up,
        -- The year of a gift, or of the plan that needs, seeks or spends it. A quote that names two plans tells that a near
        -- figure is another one's, and not for which of the two a figure is.
        case when not is_contribution and role in ('need', 'target', 'budget') then {{ year_of_gift('quote', 'known_date') }} end
            as plan_year,
        case
            when is_contribution then {{ year_of_gift('quote', 'known_date') }}
            when plan_year is not null and not {{ names_two_years('quote') }} then plan_year
        end as gift_year,
        -- What a conference or an appeal has brought together only grows.
        is_raise or coalesce(role = 'total_raised', false) as is_raise,
        is_cut,
        case when is_raise or is_cut then nullif({{ former_figure('quote') }}, '') end as former_figure,
        dollars.headline_usd,
        wider_recipient_ids,
        also_named,
        {{ recipient_hints('claims', 'dollars.headline_usd') }} as recipient_hints,
        {{ partner_hints('claims', 'dollars.headline_usd') }} as partner_hints,
        case when has_partners or len(contributor_ids) > 1 then {{ partner_recipients('claims') }} else [] end as partner_recipient_ids,
        {{ place_hints('claims') }} as place_hints
    from {{ ref('int_claims_resolved') }} as claims
    left join dollars using (claim_id)
    where record_type in ('pledge', 'funding_amount')
        and coalesce(amount, amount_min, amount_max) is not null
        and {{ is_affected('int_claims_affected', 'claims.claim_id') }}

),

-- A claim that names no recipient (or no currency) follows the claims of the same contributors
-- with the same figure within half a year, if all of these name one and the same. Windows cost most of
-- what is done here: only figures that somebody gives without a recipient go through one.
open_recipients as (

    select distinct hash(money_kind, contributor_key, currency, headline) as figure
    from claims
    where counterpart_id is null

),

with_recipient as (

    select
        *,
        counterpart_id as stated_counterpart_id
    from claims
    where hash(money_kind, contributor_key, currency, headline) not in (select figure from open_recipients)
    union all by name
    select
        * exclude (counterpart_id, is_listed_counterpart),
        counterpart_id as stated_counterpart_id,
        coalesce(
            counterpart_id,
            case
                when min(counterpart_id) over same_figure = max(counterpart_id) over same_figure
                    then min(counterpart_id) over same_figure
            end
        ) as counterpart_id,
        case
            when counterpart_id is null and min(counterpart_id) over same_figure = max(counterpart_id) over same_figure
                then bool_or(is_listed_counterpart) over same_figure
            else is_listed_counterpart
        end as is_listed_counterpart
    from claims
    where hash(money_kind, contributor_key, currency, headline) in (select figure from open_recipients)
    window same_figure as (
        partition by money_kind, contributor_key, currency, headline
        order by effective_date
        range between interval {{ var('repeat_days') }} days preceding and interval {{ var('repeat_days') }} days following
    )

),

open_currencies as (

    select distinct hash(money_kind, contributor_key, counterpart_id, headline) as figure
    from with_recipient
    where currency is null

),

with_currency as (

    select * from with_recipient
    where hash(money_kind, contributor_key, counterpart_id, headline) not in (select figure from open_currencies)
    union all by name
    select
        * exclude (currency),
        coalesce(
            currency,
            case
                when min(currency) over same_sum = max(currency) over same_sum
                    then min(currency) over same_sum
            end
        ) as currency
    from with_recipient
    where hash(money_kind, contributor_key, counterpart_id, headline) in (select figure from open_currencies)
    window same_sum as (
        partition by money_kind, contributor_key, counterpart_id, headline
        order by effective_date
        range between interval {{ var('repeat_days') }} days preceding and interval {{ var('repeat_days') }} days following
    )

),

keyed as (

    select
        *,
        concat_ws('|', money_kind, contributor_key, coalesce(counterpart_id, ''), coalesce(currency, '')) as block_key
    from with_currency

),

-- What is compared, without the texts: the rows are sorted several times, and sorting costs by the byte.
-- Blocks go by the 128 bits of a hash.
figures as (

    select
        claim_id,
        document_id,
        md5_number(block_key) as block_n,
        headline,
        amount_min,
        amount_max,
        qualifier = 'between' as is_range,
        is_open,
        is_capped,
        is_approximate,
        is_top_up,
        gift_year,
        plan_year,
        is_exit,
        is_raise,
        is_cut,
        own_date,
        effective_date,
        known_date,
        stage_rank
    from keyed

),

-- What all claims of one figure say together.
same_words as (

    select
        block_n,
        headline,
        is_open,
        bool_or(is_raise and not is_top_up) as is_raised,
        bool_or(is_cut) as is_cut,
        max(effective_date) filter (where is_exit) as exit_said,
        min(plan_year) as first_plan_year,
        max(plan_year) as last_plan_year,
        -- Value of the last digit that the figure states: 1 for "7 billion" is a billion.
        power(
            10.0,
            floor(log10(greatest(cast(headline as double), 1e-4))) + 1 - {{ significant_digits('headline') }}
        ) as last_digit_value,
        min(effective_date) as first_said,
        max(effective_date) as last_said,
        -- "more than 40" is said of 40, not of 45, when others say just 40.
        bool_or(bool_or(not is_open and not is_approximate)) over (partition by block_n, headline) as is_said_exactly
    from figures
    group by block_n, headline, is_open

),

measured as (

    select
        figures.* exclude (is_raise, is_cut),
        same_words.is_raised,
        same_words.is_cut,
        same_words.exit_said,
        same_words.first_plan_year,
        same_words.last_plan_year,
        same_words.last_digit_value,
        same_words.first_said,
        same_words.last_said,
        same_words.is_said_exactly
    from figures
    inner join same_words using (block_n, headline, is_open)

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
        lag(is_said_exactly) over by_figure as previous_is_said_exactly,
        lag(is_approximate) over by_figure as previous_is_approximate,
        lag(first_said) over by_figure as previous_first_said,
        lag(last_said) over by_figure as previous_last_said,
        lag(is_cut) over by_figure as previous_is_cut,
        lag(exit_said) over by_figure as previous_exit_said,
        lag(first_plan_year) over by_figure as previous_first_plan_year,
        lag(last_plan_year) over by_figure as previous_last_plan_year
    from measured
    window by_figure as (
        partition by block_n
        order by headline, is_open, claim_id
    )

),

compared as (

    select
        *,
        case
            when is_first then 'first'
            when headline = previous_headline then 'same figure'
            -- 3.85 billion for 2021, 4.27 billion for 2022: two plans.
            when first_plan_year > previous_last_plan_year or last_plan_year < previous_first_plan_year then null
            -- "more than 5" then "more than 7 billion": the later one revises the earlier one.
            when is_open and previous_is_open
                and headline <= 2 * previous_headline
                and coalesce(
                    first_said >= previous_first_said and first_said - previous_last_said <= {{ var('revision_days') }},
                    true
                )
                then 'revised upwards'
            -- "more than 250", and a few days later 270: the count went on.
            when previous_is_open and not is_open
                and headline <= 1.25 * previous_headline
                and first_said > previous_first_said
                and first_said - previous_last_said <= {{ var('revision_days') }}
                then 'revised upwards'
            when is_raised
                and headline <= 3 * previous_headline
                and first_said > previous_first_said
                and first_said - previous_last_said <= case
                    when first_plan_year = previous_last_plan_year then {{ var('payment_days') }}
                    else {{ var('repeat_days') }}
                end
                then 'raised'
            when previous_is_cut
                and headline <= 3 * previous_headline
                and previous_first_said > first_said
                and previous_first_said - last_said <= case
                    -- "The budget for 2025/26 was lowered last autumn": what is said of one plan is said for a year.
                    when first_plan_year = previous_last_plan_year then {{ var('payment_days') }}
                    else {{ var('repeat_days') }}
                end
                then 'lowered'
            -- "suspended 60 million", and "the 65 million are suspended".
            when abs(exit_said - previous_exit_said) <= {{ var('revision_days') }}
                and headline <= 1.25 * previous_headline
                then 'ended together'
            when (is_approximate or previous_is_approximate) and not is_open and not previous_is_open
                and headline <= 1.05 * previous_headline
                and greatest(first_said, previous_first_said) - least(last_said, previous_last_said)
                    <= {{ var('repeat_days') }}
                then 'about the same'
            -- 7.4 lies in "more than 7"; eight does not: one would have said "more than 8".
            when previous_is_open and not is_open and not previous_is_said_exactly
                and headline < previous_headline + previous_last_digit_value
                and headline <= 1.5 * previous_headline
                then 'inside the open interval'
            when is_capped
                and previous_headline > headline - last_digit_value
                and headline <= 1.5 * previous_headline
                then 'below the cap'
            when coalesce(is_range, false) and previous_headline between amount_min and amount_max
                then 'inside the range'
            -- Equal at the coarser precision: 1.25 and 1.3 billion, 1.97 and 2 billion. Twenty is not
            -- rounded from 21 unless somebody says "about": a round figure is often an exact one.
            when not is_open and not previous_is_open
                and round(headline / greatest(last_digit_value, previous_last_digit_value))
                    = round(previous_headline / greatest(last_digit_value, previous_last_digit_value))
                and headline <= previous_headline * case
                    when is_approximate or previous_is_approximate then 1.10
                    when greatest(last_digit_value, previous_last_digit_value) * 10 <= headline then 1.05
                    else 1.02
                end
                then 'equal at the coarser precision'
        end as figure_reason
    from neighboured

),

islands as (

    select
        *,
        sum(case when figure_reason is null or figure_reason = 'first' then 1 else 0 end) over (
            partition by block_n
            order by headline, is_open, claim_id
            rows unbounded preceding
        ) as island_n
    from compared

),

-- Only what is said over more than a few days can be a promise made again: windows cost most of what is done here, and
-- most promises are in the news once.
spans as (

    select
        block_n,
        island_n,
        -- The figure by which the commitment goes is that of the report known first: a later report
        -- with another figure does not change its id, nor orphan a person's decision about it.
        arg_min(headline, (known_date is null, known_date, headline, claim_id)) as anchor,
        max(effective_date) - min(effective_date) > {{ var('revision_days') }} as is_long,
        min(effective_date) as first_date
    from islands
    group by block_n, island_n

),

-- What one report says to be at two stages, of which it calls one the new, first or second.
told_twice as (

    select block_n, island_n, document_id
    from islands
    semi join (from spans where is_long) as spans using (block_n, island_n)
    group by block_n, island_n, document_id
    having min(stage_rank) < max(stage_rank)

),

-- A condition on rows would be asked of the words of every claim there is: DuckDB puts it where they are read.
told_of_two as (

    select islands.block_n, islands.island_n, islands.document_id
    from islands
    semi join told_twice using (block_n, island_n, document_id)
    inner join {{ ref('int_claims_resolved') }} as resolved using (claim_id)
    group by islands.block_n, islands.island_n, islands.document_id
    having bool_or(resolved.is_contribution and {{ is_one_of_two('resolved.quote') }})

),

begun as (

    select
        *,
        (block_n, island_n, document_id) in (from told_of_two) as is_told_of_two,
        stage_rank < max(stage_rank) over (partition by block_n, island_n, document_id) as is_paid_beside,
        stage_rank > min(stage_rank) over (partition by block_n, island_n, document_id) as is_told_beside,
        -- The year of an older gift that the same document tells of.
        min(gift_year) over (partition by block_n, island_n, document_id) as told_year,
        effective_date - min(effective_date) over (partition by block_n, island_n) > {{ var('revision_days') }} as is_later
    from islands
    semi join (from spans where is_long) as spans using (block_n, island_n)

),

-- What was said before of the same figure.
followed_up as (

    select
        *,
        last_value(own_date ignore nulls) over earlier as previous_own_date,
        max(effective_date) over earlier as previous_date,
        max(stage_rank) over earlier as previous_stage_rank,
        max(gift_year) over earlier as previous_gift_year,
        -- A payment of which a report tells beside a promise, or names the year gone by, is recalled.
        min(case
            when stage_rank = 4 and not is_told_beside and coalesce(gift_year >= year(known_date), true) then known_date
        end) over earlier as paid_date,
        -- The first promise may itself come on top of others.
        coalesce(bool_or((is_top_up or is_paid_beside and is_told_of_two) and is_later) over earlier, false)
            as is_topped_up,
        -- Who promises a sum and has paid as much promises another.
        (own_date is not null and bool_or(is_paid_beside) over (partition by block_n, island_n, own_date))
            or coalesce(
                is_paid_beside and told_year < least(coalesce(gift_year, 9999), year(effective_date)), false
            )
            or is_paid_beside and is_told_of_two as is_another,
        last_value(case when own_date is not null then stage_rank end ignore nulls) over earlier
            as previous_own_stage_rank
    from begun
    window earlier as (
        partition by block_n, island_n
        order by coalesce(own_date, effective_date) nulls first, own_date is null, stage_rank nulls first, claim_id
        rows between unbounded preceding and 1 preceding
    )

),

-- Who has paid a sum, or has not spoken of it for half a year, and then promises it, promises another; and so does whom
-- the words say to promise it a second time. What is recalled ("promised last year") begins nothing.
said_again as (

    select followed_up.claim_id
    from followed_up
    inner join {{ ref('int_claims_resolved') }} as resolved using (claim_id)
    where followed_up.stage_rank <= 2
        and followed_up.stage_rank <= followed_up.previous_stage_rank
        and followed_up.effective_date - followed_up.previous_date > {{ var('revision_days') }}
    group by followed_up.claim_id
    having bool_or(resolved.is_contribution and not {{ is_recalled('resolved.quote') }} and (
        followed_up.effective_date - followed_up.paid_date > {{ var('revision_days') }}
        or followed_up.stage_rank = 1
            and followed_up.effective_date - followed_up.previous_date > {{ var('repeat_days') }}
        or {{ is_new_gift('resolved.quote') }}
    ))

),

-- The same figure again half a year later, not a step up the ladder: a new yearly pledge.
said_anew as (

    select
        *,
        claim_id in (select claim_id from said_again) as is_said_again,
        coalesce(
            own_date - previous_own_date > {{ var('repeat_days') }}
                and coalesce(stage_rank, 0) <= coalesce(previous_own_stage_rank, 0)
                and not is_exit
            -- "7 million for 2026", months after as much "for 2025"; so of plans, which have no stage.
            or gift_year > previous_gift_year and not is_exit
                and effective_date - previous_date > {{ var('revision_days') }}
                and (stage_rank <= previous_stage_rank or stage_rank is null and previous_stage_rank is null)
            -- "another 20 million", weeks after the first 20; "the new grant was signed, the first is paid", when nothing
            -- was said for half a year.
            or (is_top_up or is_another) and not is_topped_up and not is_exit
                and effective_date - previous_date > case
                    when stage_rank <= previous_stage_rank then {{ var('revision_days') }}
                    when is_paid_beside and is_told_of_two then {{ var('repeat_days') }}
                end,
            false
        ) as is_begun
    from followed_up

),

again as (

    select
        *,
        effective_date - max(case when is_said_again then effective_date end) over before as days_said_again,
        effective_date - max(case when is_said_again or is_begun then effective_date end) over before as days_begun
    from said_anew
    window before as (
        partition by block_n, island_n
        order by coalesce(own_date, effective_date) nulls first, own_date is null, stage_rank nulls first, claim_id
        rows between unbounded preceding and 1 preceding
    )

),

-- What was begun is not begun again within half a year.
repeated as (

    select
        *,
        sum(
            case
                when is_said_again and coalesce(days_begun > {{ var('repeat_days') }}, true) then 1
                when is_begun and coalesce(days_said_again > {{ var('repeat_days') }}, true) then 1
                else 0
            end
        ) over (
            partition by block_n, island_n
            order by coalesce(own_date, effective_date) nulls first, own_date is null, stage_rank nulls first, claim_id
            rows unbounded preceding
        ) as counted_repeat_n
    from again

),

-- "Pledged 120 million again; last year's were paid": what the report of a new promise says to be further up the
-- ladder is the old one.
told_of_both as (

    select
        * exclude (counted_repeat_n),
        counted_repeat_n - case
            -- "It has paid its 7 million for 2025" is said of the old one, whenever it is said.
            when counted_repeat_n > 0
                and (
                    gift_year < max(gift_year) over (partition by block_n, island_n, counted_repeat_n)
                    or stage_rank > min(stage_rank) over (partition by block_n, island_n, counted_repeat_n)
                        and gift_year < year(min(effective_date) over (partition by block_n, island_n, counted_repeat_n))
                )
                then 1
            when counted_repeat_n > 0
                and not is_top_up
                and stage_rank > min(stage_rank) over (partition by block_n, island_n, document_id)
                and effective_date - min(effective_date) over (partition by block_n, island_n, counted_repeat_n)
                    <= {{ var('revision_days') }}
                then 1
            else 0
        end as repeat_n
    from repeated

),

-- A promise that reports in riyals tell was made again was made again in the dollars of others: what is said in
-- dollars from then on is the new one.
repeats as (

    select
        keyed.money_kind,
        keyed.contributor_key,
        keyed.counterpart_id,
        keyed.currency,
        told_of_both.repeat_n,
        max(keyed.headline_usd) as usd,
        min(told_of_both.effective_date) as since_date
    from told_of_both
    inner join keyed using (claim_id)
    where told_of_both.repeat_n > 0 and keyed.headline_usd > 0
    group by all

),

repeated_elsewhere as (

    select keyed.claim_id, max(repeats.repeat_n) as repeat_n
    from repeats
    inner join keyed
        on repeats.money_kind = keyed.money_kind
        and repeats.contributor_key = keyed.contributor_key
        and repeats.counterpart_id = keyed.counterpart_id
    inner join islands using (claim_id)
    inner join spans using (block_n, island_n)
    where keyed.currency <> repeats.currency
        and {{ is_worth_the_same('keyed.headline_usd', 'repeats.usd', 'true') }}
        and spans.is_long
        and spans.first_date < repeats.since_date
        and keyed.effective_date >= repeats.since_date
        and not coalesce(keyed.gift_year < year(repeats.since_date) and keyed.stage_rank > 1, false)
        and (block_n, island_n) not in (select (block_n, island_n) from told_of_both where repeat_n > 0)
    group by keyed.claim_id

),

-- From here on without what is not compared any more: these rows are kept in memory several times.
clustered as (

    select
        keyed.claim_id,
        keyed.document_id,
        keyed.money_kind,
        keyed.contributor_ids,
        keyed.contributor_key,
        keyed.counterpart_id,
        keyed.stated_counterpart_id is null and keyed.counterpart_id is not null as is_matched_recipient,
        keyed.is_listed_counterpart,
        keyed.has_partners,
        keyed.partner_recipient_ids,
        keyed.currency,
        keyed.headline,
        keyed.headline_usd,
        keyed.is_open,
        keyed.is_approximate,
        keyed.is_raise,
        keyed.is_cut,
        keyed.is_top_up,
        keyed.is_exit,
        keyed.gift_year,
        keyed.effective_date,
        keyed.stage_rank,
        islands.figure_reason,
        coalesce(repeated_elsewhere.repeat_n, told_of_both.repeat_n, 0) as repeat_n,
        concat_ws(
            '|', keyed.block_key, cast(cast(spans.anchor as decimal(38, 4)) as varchar),
            cast(coalesce(repeated_elsewhere.repeat_n, told_of_both.repeat_n, 0) as varchar)
        ) as commitment_key
    from islands
    inner join spans using (block_n, island_n)
    left join told_of_both using (claim_id)
    left join repeated_elsewhere using (claim_id)
    inner join keyed using (claim_id)

),

-- Of the few claims that have any.
hints as (

    select claim_id, language, also_named, wider_recipient_ids, recipient_hints, place_hints
    from keyed
    where len(recipient_hints) > 0 or len(place_hints) > 0

),

-- One joint sum, listed by one report with five names and by another with six: same recipient and
-- currency, a figure in common, and more than half of the names. A recipient that no list knows ("the relief package",
-- "le programme d'aide") has another name in every report; who gives together, and what, tells it.
joint_clusters as (

    select
        commitment_key,
        any_value(contributor_ids) as contributor_ids,
        any_value(counterpart_id) as counterpart_id,
        any_value(money_kind) as money_kind,
        any_value(concat_ws('|', money_kind, coalesce(currency, ''))) as sum_kind,
        list_distinct(
            list(coalesce(counterpart_id, ''))
            || list_transform(
                flatten(coalesce(list(hints.place_hints) filter (where hints.place_hints is not null), [])),
                place -> concat('place ', place)
            )
        ) as recipient_keys,
        list_distinct(flatten(list(partner_recipient_ids))) as partner_recipient_ids,
        list_distinct(list(headline)) as headlines,
        max(headline) as highest,
        bool_or(is_raise and not is_top_up) as is_raised,
        bool_or(is_top_up) as is_topped_up,
        bool_and(is_open) as is_open,
        list_distinct(list(document_id)) as document_ids,
        min(effective_date) as first_date,
        max(effective_date) as last_date,
        max(stage_rank) as last_stage_rank,
        list_distinct(list(headline_usd)) as figures_usd,
        list_distinct(list(concat_ws(' ', headline, currency))) as sums
    from clustered
    left join hints using (claim_id)
    where len(contributor_ids) > 1
    group by commitment_key

),

-- A recipient that no list knows stands for the countries that its name, the quotes or the titles name.
joint_sums as (

    select * exclude (recipient_keys, sum_kind), concat_ws('|', sum_kind, unnest(recipient_keys)) as sum_key
    from joint_clusters

),

joint_figures as (

    select * exclude (headlines), unnest(headlines) as headline
    from joint_sums

),

-- Of each figure the cluster with the most reports leads; only it is compared with the others.
leading_figures as (

    select
        *,
        first(commitment_key) over by_reports as leading_key,
        first(contributor_ids) over by_reports as leading_ids,
        first(counterpart_id) over by_reports as leading_counterpart_id,
        first(document_ids) over by_reports as leading_document_ids,
        first(first_date) over by_reports as leading_date,
        first(last_stage_rank) over by_reports as leading_stage_rank
    from joint_figures
    window by_reports as (
        partition by sum_key, headline
        order by len(document_ids) desc, len(contributor_ids) desc, commitment_key
    )

),

same_joint_sums as (

    select commitment_key, leading_key
    from leading_figures
    where commitment_key <> leading_key
        and {{ mostly_agree('contributor_ids', 'leading_ids') }}
        and (
            coalesce(abs(first_date - leading_date) <= {{ var('revision_days') }}, true)
            or {{ is_step_of('last_stage_rank', 'first_date', 'leading_stage_rank', 'leading_date', var('payment_days')) }}
            or {{ is_step_of('leading_stage_rank', 'leading_date', 'last_stage_rank', 'first_date', var('payment_days')) }}
        )
        and {{ is_one_recipient('counterpart_id', 'document_ids', 'leading_counterpart_id', 'leading_document_ids') }}

),

-- "Joined by Chile, they now give 71 million": the joint sum of most of these, raised; "more than 5 billion" of nine
-- states, a week before "more than 7 billion" of eight of them; 120 million of two states, 125 a day later; and 146
-- million promised by three, 160 signed.
raised_joint_sums as (

    select
        later.commitment_key,
        earlier.commitment_key as leading_key,
        not (later.is_raised or later.is_open and earlier.is_open) as is_restated
    from joint_sums as later
    inner join joint_sums as earlier using (sum_key)
    where later.commitment_key <> earlier.commitment_key
        and later.first_date > earlier.first_date
        and (
            later.is_raised and later.first_date - earlier.first_date <= {{ var('repeat_days') }}
            or later.is_open and earlier.is_open
                and later.first_date - earlier.first_date <= {{ var('revision_days') }}
                and later.highest <= 2 * earlier.highest
            or later.contributor_ids = earlier.contributor_ids
                and not later.is_topped_up
                and later.first_date - earlier.first_date <= {{ var('revision_days') }}
                and later.highest > earlier.highest
                and later.highest <= 1.1 * earlier.highest
                and not list_has_any(later.document_ids, earlier.document_ids)
            -- The same givers pay a little more than they promised, perhaps a year later.
            or {{ is_step_of(
                'later.last_stage_rank', 'later.first_date', 'earlier.last_stage_rank', 'earlier.last_date',
                var('payment_days')
            ) }}
                and later.contributor_ids = earlier.contributor_ids
                and not later.is_topped_up
                and later.highest <= 1.1 * earlier.highest
                and not list_has_any(later.document_ids, earlier.document_ids)
            or {{ is_step_of(
                'later.last_stage_rank', 'later.first_date', 'earlier.last_stage_rank', 'earlier.last_date',
                var('repeat_days')
            ) }}
                and not later.is_topped_up
                and later.highest <= 1.25 * earlier.highest
                and not list_has_any(later.document_ids, earlier.document_ids)
        )
        and later.highest between earlier.highest and 3 * earlier.highest
        and {{ mostly_agree('later.contributor_ids', 'earlier.contributor_ids') }}
        and {{
            is_one_recipient(
                'later.counterpart_id', 'later.document_ids', 'earlier.counterpart_id', 'earlier.document_ids'
            )
        }}

),

joint_links as ({{ both_ways('same_joint_sums', 'raised_joint_sums') }}),

joint_groups as ({{ linked_groups('joint_groups', 'joint_links') }}),

-- Of all that are one the earliest leads.
joined_sets as (

    select
        joint_groups.commitment_key,
        arg_min(leaders.commitment_key, (
            leaders.first_date is null, leaders.first_date, -len(leaders.document_ids), leaders.commitment_key
        )) as leading_key,
        arg_min(leaders.counterpart_id, (
            leaders.first_date is null, leaders.first_date, -len(leaders.document_ids), leaders.commitment_key
        )) as counterpart_id
    from joint_groups
    inner join joint_clusters as leaders on joint_groups.linked_key = leaders.commitment_key
    group by joint_groups.commitment_key

),

-- "Saudi Arabia and two partners are putting up nearly 150 million": the joint sum of which it is one.
with_partners as (

    select
        commitment_key,
        any_value(money_kind) as money_kind,
        any_value(contributor_ids) as contributor_ids,
        list_distinct(flatten(list(partner_recipient_ids))) as partner_recipient_ids,
        list_distinct(list(headline_usd)) as figures_usd,
        list_distinct(list(concat_ws(' ', headline, currency))) as sums,
        list_distinct(list(document_id)) as document_ids,
        min(effective_date) as first_date,
        max(stage_rank) as last_stage_rank
    from clustered
    where commitment_key in (select commitment_key from clustered where has_partners) and headline_usd > 0
    group by commitment_key

),

joined_partners as (

    select
        with_partners.commitment_key,
        arg_min(coalesce(joined_sets.leading_key, joint_clusters.commitment_key), (
            not list_has_any(with_partners.sums, joint_clusters.sums),
            abs(with_partners.first_date - joint_clusters.first_date), joint_clusters.commitment_key
        )) as leading_key,
        any_value(joint_clusters.counterpart_id) as counterpart_id
    from (select *, unnest(partner_recipient_ids) as partner_recipient_id from with_partners) as with_partners
    inner join (select *, unnest(partner_recipient_ids) as partner_recipient_id from joint_clusters) as joint_clusters
        using (partner_recipient_id, money_kind)
    left join joined_sets on joint_clusters.commitment_key = joined_sets.commitment_key
    where partner_recipient_id <> ''
        and len(joint_clusters.contributor_ids) > len(with_partners.contributor_ids)
        and list_has_all(joint_clusters.contributor_ids, with_partners.contributor_ids)
        and not list_has_any(joint_clusters.document_ids, with_partners.document_ids)
        and list_bool_or(list_transform(
            with_partners.figures_usd,
            usd -> list_bool_or(list_transform(
                joint_clusters.figures_usd, joint_usd -> {{ is_worth_the_same('usd', 'joint_usd', 'true') }}
            ))
        ))
        and (
            coalesce(abs(with_partners.first_date - joint_clusters.first_date) <= {{ var('revision_days') }}, true)
            or {{ is_step_of(
                'with_partners.last_stage_rank', 'with_partners.first_date',
                'joint_clusters.last_stage_rank', 'joint_clusters.last_date', var('payment_days')
            ) }}
            or {{ is_step_of(
                'joint_clusters.last_stage_rank', 'joint_clusters.last_date',
                'with_partners.last_stage_rank', 'with_partners.first_date', var('payment_days')
            ) }}
        )
    group by with_partners.commitment_key

),

united_joint_sums as (

    select
        clustered.* exclude (commitment_key, counterpart_id),
        coalesce(joined_partners.leading_key, joined_sets.leading_key, clustered.commitment_key) as commitment_key,
        coalesce(joined_partners.counterpart_id, joined_sets.counterpart_id, clustered.counterpart_id) as counterpart_id,
        clustered.counterpart_id as described_counterpart_id,
        joined_sets.leading_key <> clustered.commitment_key as is_joined_set,
        joined_partners.leading_key is not null as is_with_partners,
        clustered.commitment_key in (select commitment_key from raised_joint_sums where is_restated) as is_restated_jointly
    from clustered
    left join joined_sets using (commitment_key)
    left join joined_partners using (commitment_key)

),

-- The same for one giver, with more caution: the same figure for two recipients that no list knows is one gift when
-- reports in two languages speak of one country at about the same time, and no third recipient is in question.
described_gifts as (

    select
        commitment_key,
        counterpart_id,
        money_kind,
        language,
        document_id,
        currency,
        headline,
        effective_date,
        unnest(recipient_hints) as recipient_hint
    from united_joint_sums
    inner join hints using (claim_id)
    where counterpart_id is not null and not is_listed_counterpart and len(contributor_ids) = 1

),

other_descriptions as (

    select
        one.commitment_key,
        other.language,
        min(other.commitment_key) as other_key
    from described_gifts as one
    inner join described_gifts as other using (recipient_hint, money_kind, currency, headline)
    where one.commitment_key <> other.commitment_key
        and coalesce(abs(one.effective_date - other.effective_date) <= {{ var('revision_days') }}, true)
    group by one.commitment_key, other.language
    having min(other.commitment_key) = max(other.commitment_key)
        and not bool_or(one.document_id = other.document_id or one.language = other.language)

),

same_descriptions as (

    select one.commitment_key, min(one.other_key) as leading_key
    from other_descriptions as one
    inner join other_descriptions as other
        on one.commitment_key = other.other_key and one.other_key = other.commitment_key
    where one.other_key < one.commitment_key
    group by one.commitment_key

),

joined_descriptions as {{ with_last_leader('same_descriptions') }},

united_sets as (

    select
        united_joint_sums.* exclude (commitment_key, counterpart_id),
        coalesce(joined_descriptions.leading_key, united_joint_sums.commitment_key) as commitment_key,
        coalesce(leading_gifts.counterpart_id, united_joint_sums.counterpart_id) as counterpart_id,
        joined_descriptions.leading_key is not null as is_same_description
    from united_joint_sums
    left join joined_descriptions using (commitment_key)
    left join (select commitment_key, any_value(counterpart_id) as counterpart_id from described_gifts group by commitment_key)
        as leading_gifts
        on joined_descriptions.leading_key = leading_gifts.commitment_key

),

-- "20 million for Sudan", and 20 million for an agency in a report that names Sudan, or for a fund of that agency: the
-- same money, unless another agency got as much for that country, or one document tells of both. The narrower
-- recipient stands.
by_recipient as (

    select
        commitment_key,
        counterpart_id,
        wider_recipient_ids,
        also_named,
        document_id,
        currency,
        headline,
        headline_usd,
        is_approximate,
        stage_rank,
        is_top_up or repeat_n > 0 as is_new,
        effective_date,
        unnest(recipient_hints) as recipient_hint
    from united_sets
    inner join hints using (claim_id)

),

narrower_recipients as (

    select
        wide.commitment_key,
        wide.counterpart_id,
        wide.document_id,
        narrow.commitment_key as narrow_key,
        narrow.counterpart_id as narrow_id,
        narrow.wider_recipient_ids,
        narrow.document_id as narrow_document_id,
        wide.currency,
        wide.stage_rank,
        wide.is_new,
        -- A further gift is the further one of the other recipient, and a promise of that day the promise.
        wide.is_new and not narrow.is_new as is_older,
        wide.stage_rank is distinct from narrow.stage_rank as is_other_stage,
        list_contains(wide.also_named, narrow.counterpart_id) as is_named,
        -- "For its work in Sudan", not "for refugees from Sudan in Chad".
        len(list_filter(narrow.wider_recipient_ids, wider_id -> {{ is_country('wider_id') }})) = 1 as is_only_place,
        coalesce(abs(wide.effective_date - narrow.effective_date), 0) as days
    from by_recipient as wide
    inner join by_recipient as narrow using (recipient_hint)
    where wide.counterpart_id <> narrow.counterpart_id
        and list_contains(wide.wider_recipient_ids, wide.counterpart_id)
        and list_contains(narrow.wider_recipient_ids, wide.counterpart_id)
        and case
            when wide.currency = narrow.currency and wide.headline = narrow.headline then true
            when wide.currency = narrow.currency
                then (wide.is_approximate or narrow.is_approximate)
                    and greatest(wide.headline, narrow.headline) <= 1.10 * least(wide.headline, narrow.headline)
            else {{ is_worth_the_same('wide.headline_usd', 'narrow.headline_usd', 'wide.is_approximate or narrow.is_approximate') }}
        end
        and (
            coalesce(abs(wide.effective_date - narrow.effective_date) <= {{ var('revision_days') }}, true)
            or {{ is_step_of(
                'wide.stage_rank', 'wide.effective_date', 'narrow.stage_rank', 'narrow.effective_date', var('repeat_days')
            ) }}
            or {{ is_step_of(
                'narrow.stage_rank', 'narrow.effective_date', 'wide.stage_rank', 'wide.effective_date', var('repeat_days')
            ) }}
        )

),

-- Of an organisation and its fund, the fund.
narrowest_recipients as (

    select
        commitment_key,
        any_value(counterpart_id) as counterpart_id,
        arg_min(narrow_key, (is_older, days, is_other_stage, narrow_key)) as narrow_key,
        min(narrow_id) as narrow_id,
        any_value(currency) as currency,
        max(stage_rank) as stage_rank,
        bool_or(is_new) as is_new,
        min(days) as days
    from (
        select
            *,
            list_contains(
                flatten(list(list_filter(wider_recipient_ids, wider_id -> wider_id <> narrow_id))
                    over (partition by commitment_key)),
                narrow_id
            ) as is_wider,
            -- "20 million for Sudan through the World Food Programme" says itself which agency it is.
            bool_or(is_named) over (partition by commitment_key) as is_any_named,
            bool_or(is_only_place) over (partition by commitment_key) as has_only_place,
            bool_or(is_only_place) over (partition by commitment_key, narrow_id) as is_given_there
        from narrower_recipients
    )
    where not is_wider and (is_named or not is_any_named) and (is_named or is_given_there or not has_only_place)
    group by commitment_key
    having min(narrow_id) = max(narrow_id) and not bool_or(document_id = narrow_document_id)

),

-- Two promises to the one are not one promise to the other; a promise, its signature and the sum in another currency are.
paired_recipients as (

    select * from narrowest_recipients
    qualify row_number() over (partition by counterpart_id, narrow_key order by days, commitment_key) = 1
        or not bool_or(is_new) over (partition by counterpart_id, narrow_key)
            and row_number() over (
                partition by counterpart_id, narrow_key, currency, stage_rank order by days, commitment_key
            ) = 1

),

-- Of two promises to one recipient one cannot be the other by way of a third: "another 250 million", paid through an
-- organisation, are not the first 250 million to its fund.
other_promises as (

    select distinct nexts.commitment_key
    from paired_recipients as wide
    inner join paired_recipients as nexts on wide.narrow_key = nexts.commitment_key
    inner join paired_recipients as other
        on nexts.narrow_key = other.narrow_key
        and wide.counterpart_id = other.counterpart_id
    where wide.commitment_key <> other.commitment_key
        and wide.is_new
        and not other.is_new

),

promises_paired as (from paired_recipients anti join other_promises using (commitment_key)),

-- What the narrower one is itself given through stands for both.
narrowed as (

    select
        wide.commitment_key,
        coalesce(next_narrow.narrow_key, wide.narrow_key) as narrow_key,
        coalesce(next_narrow.narrow_id, wide.narrow_id) as narrow_id
    from promises_paired as wide
    left join promises_paired as next_narrow on wide.narrow_key = next_narrow.commitment_key

),

united_recipients as (

    select
        united_sets.* exclude (commitment_key, counterpart_id),
        coalesce(narrowed.narrow_key, united_sets.commitment_key) as commitment_key,
        coalesce(narrowed.narrow_id, united_sets.counterpart_id) as counterpart_id,
        united_sets.described_counterpart_id as named_counterpart_id,
        narrowed.narrow_key is not null as is_narrowed
    from united_sets
    left join narrowed using (commitment_key)

),

-- One sum reported in two currencies: same contributors and recipient, at about the same time, worth
-- the same at the rates of the day; roughly so where nobody publishes a rate.
currency_clusters as (

    select
        commitment_key,
        -- Of several lists of contributors the longest.
        arg_max(
            concat_ws('|', money_kind, contributor_key, counterpart_id), (len(contributor_ids), contributor_key)
        ) as giving_key,
        any_value(currency) as currency,
        -- A promise that was raised has several.
        list_sort(list_distinct(list(coalesce(headline_usd, headline * usd_per_unit)))) as figures_usd,
        bool_or(headline_usd is null) as is_rough,
        bool_or(is_approximate) as is_approximate,
        bool_and(is_approximate) as is_only_approximate,
        bool_and(is_open) as is_open,
        bool_or(is_top_up or repeat_n > 0) as is_new,
        count(distinct document_id) as documents_n,
        max(gift_year) as gift_year,
        min(stage_rank) as first_stage_rank,
        max(stage_rank) as last_stage_rank,
        min(effective_date) as first_date,
        max(effective_date) as last_date
    from united_recipients
    left join rough_rates using (currency)
    where counterpart_id is not null
        and coalesce(headline_usd, headline * usd_per_unit) is not null
        and (contributor_key <> '' or money_kind <> 'contribution')
    group by commitment_key

),

-- A sum at a rough rate is looked for three steps to either side.
currency_steps as (

    select
        *,
        unnest(case
            when is_rough then list_concat(
                {{ dollar_steps('usd / 1.331') }}, {{ dollar_steps('usd / 1.1') }}, {{ dollar_steps('usd * 1.21') }},
                [{{ dollar_steps('usd * 1.331') }}[2]]
            )
            else {{ dollar_steps('usd') }}
        end) as usd_step
    from (
        select * exclude (figures_usd), unnest(figures_usd) as usd
        from currency_clusters
        where giving_key in (
            select giving_key from currency_clusters group by giving_key having min(currency) <> max(currency)
        )
    )
    where usd > 0

),

-- The currency in which nobody said "about" is the original one.
same_sums as (

    select
        later.commitment_key,
        -- A promise of last year comes after those of this one, and others after what was promised in these days.
        arg_min(original.commitment_key, (
            greatest(later.first_date, original.first_date) - least(later.last_date, original.last_date)
                > {{ var('repeat_days') }},
            abs(later.first_date - original.first_date) > {{ var('revision_days') }},
            original.is_rough, original.is_only_approximate, -original.documents_n, original.first_date,
            original.commitment_key
        )) as leading_key
    from currency_steps as later
    inner join currency_steps as original
        on later.giving_key = original.giving_key and later.usd_step = original.usd_step
    where later.currency <> original.currency
        and coalesce(later.gift_year = original.gift_year, true)
        and (
            original.is_rough, original.is_only_approximate, -original.documents_n, original.first_date,
            original.commitment_key
        ) < (
            later.is_rough, later.is_only_approximate, -later.documents_n, later.first_date, later.commitment_key
        )
        and case
            when later.is_rough or original.is_rough
                then greatest(later.usd, original.usd) <= 1.35 * least(later.usd, original.usd)
            -- What is signed or paid months later in another currency is reckoned at another day's rate.
            -- "More than 10 million euros" are 120 million kronor, worth 10.9.
            else {{ is_worth_the_same(
                'later.usd', 'original.usd',
                'later.is_approximate or original.is_approximate or later.is_open and later.usd <= original.usd
                    or original.is_open and original.usd <= later.usd',
                'abs(later.first_date - original.first_date) > ' ~ var('revision_days')
            ) }}
        end
        -- At about the same time; a payment of what was promised may be months later, and so may what recalls a promise that is
        -- not paid yet ("about 12 million dollars, which it promised in February").
        and (
            greatest(later.first_date, original.first_date) - least(later.last_date, original.last_date)
                <= {{ var('revision_days') }}
            or not later.is_new and not original.is_new
                and later.last_stage_rank is not distinct from original.last_stage_rank
                and coalesce(later.last_stage_rank < 3, true)
                and greatest(later.first_date, original.first_date) - least(later.last_date, original.last_date)
                    <= {{ var('repeat_days') }}
            or {{ is_step_of(
                'later.first_stage_rank', 'later.first_date', 'original.last_stage_rank', 'original.last_date',
                var('payment_days')
            ) }}
            or {{ is_step_of(
                'original.first_stage_rank', 'original.first_date', 'later.last_stage_rank', 'later.last_date',
                var('payment_days')
            ) }}
        )
    group by later.commitment_key

),

joined_currencies as {{ with_last_leader('same_sums') }},

united_currencies as (

    select
        united_recipients.* exclude (commitment_key),
        coalesce(joined_currencies.leading_key, united_recipients.commitment_key) as commitment_key,
        joined_currencies.leading_key is not null as is_joined_currency
    from united_recipients
    left join joined_currencies using (commitment_key)

),

-- A promise may be signed or paid in another figure than it was made, and nobody says that it was raised: 1.8 billion
-- promised, 1.885 approved. So it is when the later of two figures is a step up the ladder, each is the only one that
-- the other can be, and no report tells of both. Needs and targets are reckoned anew in the course of a year, and so is
-- what one thing costs, but not all that a country builds, and perhaps a year later.
two_sums as (

    select money_kind, contributor_key, counterpart_id
    from united_currencies
    where counterpart_id is not null and len(contributor_ids) < 2
    group by money_kind, contributor_key, counterpart_id
    having min(commitment_key) <> max(commitment_key)
    union
    select money_kind, contributor_key, named_counterpart_id
    from united_currencies
    where is_narrowed and len(contributor_ids) < 2

),

sums_said as (

    select
        commitment_key,
        any_value(money_kind) as money_kind,
        any_value(contributor_key) as contributor_key,
        list_distinct(list(counterpart_id) || list(named_counterpart_id)) as recipient_ids,
        currency,
        arg_max(headline, (effective_date, headline)) as headline,
        list_distinct(list(document_id)) as document_ids,
        max(gift_year) as gift_year,
        bool_or(is_top_up) as is_topped_up,
        bool_or(is_exit) as is_ended,
        max(stage_rank) as last_stage_rank,
        min(effective_date) as first_date,
        max(effective_date) as last_date
    from united_currencies
    where len(contributor_ids) < 2
        and commitment_key in (
            select commitment_key
            from united_currencies
            semi join two_sums using (money_kind, contributor_key, counterpart_id)
            union all
            select commitment_key
            from united_currencies
            inner join two_sums
                on united_currencies.money_kind = two_sums.money_kind
                and united_currencies.contributor_key = two_sums.contributor_key
                and united_currencies.named_counterpart_id = two_sums.counterpart_id
            where united_currencies.is_narrowed
        )
    group by commitment_key, currency

),

-- A giver of thousands of sums is not compared with itself throughout: figures a quarter apart are in one step or the
-- next, and days half a year apart in one period or the next.
sums_by_recipient as (

    select
        commitment_key,
        hash(money_kind, contributor_key, unnest(recipient_ids), currency) as giving_n,
        cast(headline as double) as headline,
        floor(ln(headline) / ln(1.25)) as size_step,
        last_stage_rank,
        first_date,
        last_date,
        gift_year,
        is_topped_up or is_ended as is_new,
        money_kind in ('funding need', 'funding target') or is_cost as is_reckoned,
        case when is_cost then {{ var('payment_days') }} else {{ var('repeat_days') }} end as step_days
    from (
        select
            *,
            money_kind = 'funding cost'
                and len(list_filter(recipient_ids, recipient_id -> {{ is_country('recipient_id') }})) = 0 as is_cost
        from sums_said
    )

),

earlier_sums as (

    select
        * exclude (size_step),
        unnest([size_step - 1, size_step, size_step + 1]) as size_step
    from (
        select
            *,
            (last_date - date '2000-01-01') // {{ var('repeat_days') + 1 }}
                + unnest(range(cast(ceil(step_days / {{ var('repeat_days') }}) as bigint) + 1)) as period
        from sums_by_recipient
    )

),

-- Where all sums of a giving are at one rung of the ladder, none is a step from another: told before pairs are made.
climbing_givings as (

    select giving_n
    from sums_by_recipient
    group by giving_n
    having min(last_stage_rank) < max(last_stage_rank) or bool_or(is_reckoned)

),

possible_steps as (

    select distinct later.commitment_key, earlier.commitment_key as earlier_key
    from sums_by_recipient as later
    semi join climbing_givings using (giving_n)
    inner join earlier_sums as earlier
        on later.giving_n = earlier.giving_n
        and later.size_step = earlier.size_step
        and (later.first_date - date '2000-01-01') // {{ var('repeat_days') + 1 }} = earlier.period
    where later.commitment_key <> earlier.commitment_key
        and later.headline <> earlier.headline
        and later.headline <= 1.25 * earlier.headline
        and earlier.headline <= 1.25 * later.headline
        and not later.is_new
        and coalesce(later.gift_year = earlier.gift_year, true)
        and later.first_date - earlier.last_date between 0 and later.step_days
        and (coalesce(later.last_stage_rank > earlier.last_stage_rank, false)
            or later.is_reckoned and later.first_date > earlier.last_date)

),

told_in as (

    select commitment_key, list_distinct(flatten(list(document_ids))) as document_ids
    from sums_said
    group by commitment_key

),

-- "An advance of 270 million" is a part of what it is an advance of, and no other figure for the 250 million before.
instalments as (

    select united_currencies.commitment_key
    from united_currencies
    semi join (
        select unnest([commitment_key, earlier_key]) as commitment_key from possible_steps
    ) as compared_sums using (commitment_key)
    inner join {{ ref('int_claims_resolved') }} as resolved using (claim_id)
    group by united_currencies.commitment_key
    having bool_or(resolved.is_contribution and {{ is_instalment('resolved.quote') }})

),

steps as (

    select possible_steps.*
    from possible_steps
    inner join told_in as later using (commitment_key)
    inner join told_in as earlier on possible_steps.earlier_key = earlier.commitment_key
    where not list_has_any(later.document_ids, earlier.document_ids)
        and later.commitment_key not in (select commitment_key from instalments)
        and earlier.commitment_key not in (select commitment_key from instalments)

),

restated_sums as (

    select commitment_key, earlier_key as leading_key
    from steps
    qualify count(*) over (partition by commitment_key) = 1 and count(*) over (partition by earlier_key) = 1

),

-- "149.7 million instead of 47.2", "40 million, cut to 25": the words name the sum that is replaced, though it be far from
-- the new one. Of several promises of that sum the last.
former_sums as (

    select
        claim_id,
        unnest({{ figures_of('former_figure') }}) as former_headline
    from keyed
    where former_figure is not null

),

replaced_sums as (

    select
        later.commitment_key,
        arg_max(earlier.commitment_key, (earlier.effective_date, earlier.commitment_key)) as leading_key
    from former_sums
    inner join (from united_currencies where claim_id in (select claim_id from former_sums)) as later using (claim_id)
    inner join (from united_currencies where headline in (select former_headline from former_sums)) as earlier
        on later.money_kind = earlier.money_kind
        and later.contributor_key = earlier.contributor_key
        and later.counterpart_id = earlier.counterpart_id
        and later.currency = earlier.currency
        and former_sums.former_headline = round(cast(earlier.headline as double), 2)
    where later.commitment_key <> earlier.commitment_key
        and greatest(later.headline, earlier.headline) <= 10 * least(later.headline, earlier.headline)
        and later.effective_date - earlier.effective_date between 1 and {{ var('payment_days') }}
        and coalesce(later.gift_year = earlier.gift_year, true)
    group by later.commitment_key

),

figure_links as ({{ both_ways('restated_sums', 'replaced_sums') }}),

figure_groups as ({{ linked_groups('figure_groups', 'figure_links') }}),

-- Of all that are one the earliest leads.
joined_steps as (

    select
        figure_groups.commitment_key,
        arg_min(leaders.commitment_key, (leaders.first_date is null, leaders.first_date, leaders.commitment_key)) as leading_key
    from figure_groups
    inner join (
        select commitment_key, min(effective_date) as first_date
        from united_currencies
        where commitment_key in (select commitment_key from figure_links)
        group by commitment_key
    ) as leaders on figure_groups.linked_key = leaders.commitment_key
    group by figure_groups.commitment_key

),

final as (

    select
        united_currencies.claim_id,
        coalesce(joined_steps.leading_key, united_currencies.commitment_key) as commitment_key,
        keyed.block_key,
        list_concat(keyed.recipient_hints, keyed.partner_hints, keyed.place_hints) as recipient_hints,
        united_currencies.counterpart_id,
        united_currencies.named_counterpart_id,
        united_currencies.currency,
        united_currencies.contributor_key,
        united_currencies.effective_date,
        united_currencies.stage_rank,
        united_currencies.is_restated_jointly or restated_sums.leading_key is not null as is_restated,
        concat_ws(
            '; ',
            case when united_currencies.figure_reason <> 'first' then united_currencies.figure_reason end,
            case when united_currencies.is_matched_recipient then 'recipient from the only match' end,
            case when united_currencies.repeat_n > 0 then 'the same figure again, as a new promise' end,
            case when united_currencies.is_narrowed then 'the same sum for a recipient that works for the one named' end,
            case when united_currencies.is_same_description then 'the same sum for a recipient with another name' end,
            case when united_currencies.is_joined_set then 'joint sum with most names in common' end,
            case when united_currencies.is_with_partners then 'joint sum of this giver and partners' end,
            case when united_currencies.is_joined_currency then 'same sum in another currency' end,
            case when restated_sums.leading_key is not null then 'stated anew in another figure' end,
            case when replaced_sums.leading_key is not null then 'in place of a figure that its words name' end
        ) as cluster_reason
    from united_currencies
    inner join keyed using (claim_id)
    left join joined_steps using (commitment_key)
    left join restated_sums using (commitment_key)
    left join replaced_sums using (commitment_key)

)

select * from final
