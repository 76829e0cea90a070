with

conflicts as (

    select * from {{ ref('int_conflicts') }}

),

final as (

    select
        conflict_id,
        commitment_id,
        field,
        kind,
        is_contradiction,
        preferred_value,
        preferred_source_kind,
        preferred_speaker,
        preferred_document_id,
        preferred_quote,
        other_value,
        other_source_kind,
        other_speaker,
        other_document_id,
        other_quote,
        other_documents_n,
        other_independent_sources_n
    from conflicts

)

select * from final
