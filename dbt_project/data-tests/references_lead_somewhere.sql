-- Every key that a mart takes from elsewhere stands there: one query for all, since a test costs dbt
-- more than the query does.
with

{% set references = [
    ('contributions_by_country', 'iso3', 'countries', 'iso3'),
    ('contributions_by_country_and_recipient', 'iso3', 'contributions_by_country', 'iso3'),
    ('commitments', 'parent_commitment_id', 'commitments', 'commitment_id'),
    ('commitment_timeline', 'commitment_id', 'commitments', 'commitment_id'),
    ('commitment_history', 'commitment_id', 'commitments', 'commitment_id'),
    ('joint_commitments', 'commitment_id', 'commitments', 'commitment_id'),
    ('memberships_current', 'membership_id', 'commitments', 'commitment_id'),
    ('membership_history', 'membership_id', 'memberships_current', 'membership_id'),
    ('force_contributions', 'commitment_id', 'commitments', 'commitment_id'),
    ('evidence', 'commitment_id', 'commitments', 'commitment_id'),
    ('conflicts', 'commitment_id', 'commitments', 'commitment_id'),
    ('int_claims_resolved', 'source_kind', 'source_ranks', 'source_kind'),
] -%}

dangling as (

    {% for model, column, other_model, other_column in references -%}
    select '{{ model }}.{{ column }}' as reference, cast({{ column }} as varchar) as value
    from {{ ref(model) }}
    where {{ column }} is not null
        and {{ column }} not in (select {{ other_column }} from {{ ref(other_model) }} where {{ other_column }} is not null)
    {% if not loop.last -%}
    union all
    {% endif -%}
    {%- endfor %}

)

select * from dangling
