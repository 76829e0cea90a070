{% macro money_measures(commitments, contributors) -%}
  {#- Sums and counts of money over commitments joined with their contributors. Sole sums are lower
      bounds of what one contributor alone stands for; joint ones never enter them. -#}
    cast(coalesce(sum({{ commitments }}.counted_usd) filter (
        where not {{ commitments }}.is_joint and {{ commitments }}.stage_group = 'pledged'
    ), 0) as decimal(38, 2)) as sole_pledged_usd,
    cast(coalesce(sum({{ commitments }}.counted_usd) filter (
        where not {{ commitments }}.is_joint and {{ commitments }}.stage_group = 'committed'
    ), 0) as decimal(38, 2)) as sole_committed_usd,
    cast(coalesce(sum({{ commitments }}.counted_usd) filter (
        where not {{ commitments }}.is_joint and {{ commitments }}.stage_group = 'disbursed'
    ), 0) as decimal(38, 2)) as sole_disbursed_usd,
    cast(coalesce(sum({{ commitments }}.counted_usd) filter (where not {{ commitments }}.is_joint), 0) as decimal(38, 2))
        as sole_total_usd,
    count(*) filter (
        where not {{ commitments }}.is_joint and {{ commitments }}.include_in_totals and {{ commitments }}.amount_max is null
    ) as open_ended_n,
    count(*) filter (where {{ commitments }}.exclude_reason in ('no_rate', 'no_currency')) as unconverted_n,
    count(*) filter (
        where {{ commitments }}.exclude_reason = 'no_amount' and {{ commitments }}.main_resource = 'financial'
    ) as unquantified_n,
    count(*) filter (where {{ commitments }}.exclude_reason = 'conditional') as conditional_n,
    count(*) filter (
        where {{ commitments }}.is_contribution and {{ commitments }}.exclude_reason in ('part_of', 'possible_part_of')
    ) as parts_left_out_n,
    count(*) filter (
        where {{ commitments }}.is_joint and {{ commitments }}.is_contribution
            and {{ commitments }}.stage_group in ('pledged', 'committed', 'disbursed')
    ) as joint_commitments_n,
    cast(coalesce(sum({{ commitments }}.counted_usd) filter (where {{ commitments }}.is_joint), 0) as decimal(38, 2))
        as joint_group_total_usd,
    cast(sum({{ contributors }}.share_usd) filter (
        where {{ commitments }}.is_joint and {{ commitments }}.include_in_totals
    ) as decimal(38, 2)) as joint_share_usd,
    count(*) filter (
        where {{ commitments }}.exclude_reason = 'no_amount' and {{ commitments }}.main_resource <> 'financial'
    ) as in_kind_pledges_n
{%- endmacro %}


{% macro troop_measures(commitments) -%}
  {#- Counts of personnel commitments; headcounts only of what one contributor sends alone, null
      when no number is known. -#}
    count(*) filter (
        where {{ commitments }}.record_type = 'troop_commitment' and {{ commitments }}.stage_group = 'promised'
    ) as troop_promises_n,
    cast(sum({{ commitments }}.headcount_min) filter (
        where {{ commitments }}.record_type = 'troop_commitment' and {{ commitments }}.stage_group = 'promised'
            and not {{ commitments }}.is_joint
    ) as bigint) as troops_promised_min,
    count(*) filter (
        where {{ commitments }}.record_type = 'troop_commitment' and {{ commitments }}.stage_group = 'deployed'
    ) as troop_deployments_n,
    cast(sum({{ commitments }}.headcount_min) filter (
        where {{ commitments }}.record_type = 'troop_commitment' and {{ commitments }}.stage_group = 'deployed'
            and not {{ commitments }}.is_joint
    ) as bigint) as troops_deployed_min
{%- endmacro %}


{% macro distinct_n(value) -%}
  {#- How many different values there are in a small group: DuckDB's count(distinct) keeps a table for every group, and takes
      twice as long. Null is none. -#}
  len(list_distinct(list(hash({{ value }})) filter (where {{ value }} is not null)))
{%- endmacro %}
