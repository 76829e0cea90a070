{{ config(materialized='patched', key='commitment_id', affected='int_commitments_affected') }}
with

clustered as (

    select claim_id, commitment_id from {{ ref('int_claims_clustered') }}
    where {{ is_affected('int_commitments_affected', 'commitment_id') }}

),

claims as {{ claims_of('clustered') }},

stage_values as (

    select * from {{ ref('int_commitment_values') }}
    where {{ is_affected('int_commitments_affected', 'commitment_id') }}

),

preferred_values as (

    select * from stage_values where is_preferred

),

numbers as (

    select
        others.commitment_id,
        case others.measure when 'money' then 'amount' else others.measure end as field,
        case
            when others.is_superseded then 'revision'
            when others.headline = preferred.headline and others.currency is not distinct from preferred.currency
                then 'qualifier'
            -- Figures that one commitment shares agree at the coarser precision: not a contradiction.
            when others.measure = 'money' then 'rounding'
            else 'number'
        end as kind,
        preferred.claim_id as preferred_claim_id,
        others.claim_id as other_claim_id,
        concat_ws(' ', nullif(preferred.qualifier, 'exact'), preferred.headline::bigint, preferred.currency) as preferred_value,
        concat_ws(' ', nullif(others.qualifier, 'exact'), others.headline::bigint, others.currency) as other_value,
        others.documents_n,
        others.independent_sources_n
    from stage_values as others
    inner join preferred_values as preferred
        on others.commitment_id = preferred.commitment_id
        and others.measure = preferred.measure
        and others.stage_group = preferred.stage_group
    where not others.is_preferred

),

-- What claims of one commitment say in words. In most commitments all say the same.
words_of_claims as (

    select
        clustered.commitment_id,
        claims.claim_id,
        claims.document_id,
        claims.ordinal,
        claims.source_rank,
        claims.source_key,
        claims.effective_date,
        claims.contributor_key,
        case
            when len(claims.personnel_types) > 0 and claims.personnel_types <> ['unspecified']
                then array_to_string(claims.personnel_types, ', ')
        end as personnel_types,
        case when claims.record_type = 'membership' then claims.role end as role,
        nullif(claims.finance_type, 'unknown') as finance_type,
        case claims.realis when 'negated' then 'not ' || claims.stage when 'actual' then claims.stage end as stage,
        claims.realis = 'negated' as is_denied
    from claims inner join clustered using (claim_id)

),

varied as (

    select commitment_id
    from words_of_claims
    group by commitment_id
    having min(contributor_key) <> max(contributor_key)
        or min(personnel_types) <> max(personnel_types)
        or min(role) <> max(role)
        or min(finance_type) <> max(finance_type)
        or bool_or(is_denied)

),

-- Each field's values, the most trusted first.
worded as (

    unpivot (select * exclude (is_denied) from words_of_claims semi join varied using (commitment_id))
    on contributor_key as 'contributors', personnel_types, role, finance_type, stage
    into name field value value

),

worded_values as (

    select
        commitment_id,
        field,
        value,
        min(source_rank) as source_rank,
        count(distinct document_id) as documents_n,
        count(distinct source_key) as independent_sources_n,
        max(effective_date) as last_date,
        arg_min(claim_id, (source_rank, document_id, ordinal)) as claim_id
    from worded
    group by commitment_id, field, value

),

worded_ranked as (

    select
        *,
        first(value) over by_trust as preferred_value,
        first(claim_id) over by_trust as preferred_claim_id,
        row_number() over by_trust as preference_n
    from worded_values
    window by_trust as (
        partition by commitment_id, field
        order by source_rank, independent_sources_n desc, last_date desc nulls last, value
    )

),

words as (

    select
        commitment_id,
        field,
        case field
            when 'personnel_types' then 'type'
            when 'finance_type' then 'type'
            when 'role' then case when 'member' in (value, preferred_value) then 'detail' else 'role' end
            when 'contributors' then 'contributor_set'
            else 'stage'
        end as kind,
        preferred_claim_id,
        claim_id as other_claim_id,
        preferred_value,
        value as other_value,
        documents_n,
        independent_sources_n
    from worded_ranked
    where preference_n > 1
        -- A chain of stages is no contradiction; the same stage affirmed and denied is one.
        and (
            field <> 'stage'
            or 'not ' || value = preferred_value
            or value = 'not ' || preferred_value
        )
        -- Troops in one report, troops and police in another: the second says more, not otherwise.
        and (
            field <> 'personnel_types'
            or len(list_intersect(string_split(value, ', '), string_split(preferred_value, ', '))) = 0
        )

),

united as (

    select * from numbers
    union all
    select * from words

),

final as (

    select
        {{ commitment_hash("concat_ws('|', united.commitment_id, united.field, united.kind, united.other_value, united.other_claim_id)") }}
            as conflict_id,
        united.commitment_id,
        united.field,
        united.kind,
        -- Revisions, rounding, qualifiers and details are shown, but the reports do not contradict each other.
        united.kind not in ('revision', 'rounding', 'qualifier', 'detail') as is_contradiction,
        united.preferred_value,
        preferred.document_id as preferred_document_id,
        preferred.source_kind as preferred_source_kind,
        preferred.speaker as preferred_speaker,
        preferred.quote as preferred_quote,
        united.other_value,
        others.document_id as other_document_id,
        others.source_kind as other_source_kind,
        others.speaker as other_speaker,
        others.quote as other_quote,
        united.documents_n as other_documents_n,
        united.independent_sources_n as other_independent_sources_n
    from united
    inner join claims as preferred on united.preferred_claim_id = preferred.claim_id
    inner join claims as others on united.other_claim_id = others.claim_id

)

select * from final
