with

documents as (

    select document_id, extraction_id, language from {{ ref('int_documents_current') }}

),

all_documents as (

    select document_id, language from {{ ref('stg_extraction__documents') }}

),

extractions as (

    select * from {{ ref('stg_extraction__extractions') }}

),

records as (

    select records.*
    from {{ ref('stg_extraction__records') }} as records
    inner join documents using (document_id, extraction_id)

),

rejected as (

    select rejected.*
    from {{ ref('stg_extraction__rejected_records') }} as rejected
    inner join documents using (document_id, extraction_id)

),

attempts as (

    select
        extractions.provider,
        coalesce(all_documents.language, 'unknown') as language,
        count(*) as attempts_n,
        count(*) filter (where extractions.status <> 'ok') as failed_attempts_n,
        sum(extractions.prompt_tokens) as prompt_tokens,
        sum(extractions.completion_tokens) as completion_tokens,
        sum(extractions.cost_usd) as cost_usd,
        sum(extractions.duration_seconds) as duration_seconds
    from extractions
    left join all_documents using (document_id)
    group by 1, 2

),

current_extractions as (

    select
        extractions.extraction_id,
        extractions.provider,
        coalesce(documents.language, 'unknown') as language
    from documents
    inner join extractions using (document_id, extraction_id)

),

record_counts as (

    select
        extraction_id,
        count(*) as records_n,
        count(*) filter (
            where event_date.value is null and announcement_date.value is null
        ) as undated_records_n,
        count(*) filter (where money is not null) as money_records_n,
        count(*) filter (where money.currency_is_inferred) as inferred_currency_n,
        count(*) filter (where len(list_filter(actors, actor -> not actor.is_resolved)) > 0) as unresolved_records_n,
        count(*) filter (where len(list_filter(evidence, item -> item.alignment = 'folded')) > 0) as folded_records_n,
        avg(confidence) as mean_confidence
    from records
    group by extraction_id

),

rejections as (

    select extraction_id, reason_code, count(*) as rejected_n
    from rejected
    group by extraction_id, reason_code

),

rejection_counts as (

    select extraction_id, sum(rejected_n) as rejected_n
    from rejections
    group by extraction_id

),

rejection_reasons as (

    select
        provider,
        language,
        string_agg(concat(reason_code, ' ', rejected_n), '; ' order by rejected_n desc, reason_code) as rejected_reasons
    from (
        select current_extractions.provider, current_extractions.language, rejections.reason_code,
            sum(rejections.rejected_n) as rejected_n
        from rejections
        inner join current_extractions using (extraction_id)
        group by 1, 2, 3
    )
    group by provider, language

),

documents_counted as (

    select
        current_extractions.provider,
        current_extractions.language,
        count(*) as documents_n,
        count(*) filter (where record_counts.records_n is null) as empty_documents_n,
        sum(record_counts.records_n) as records_n,
        sum(rejection_counts.rejected_n) as rejected_n,
        sum(record_counts.undated_records_n) as undated_records_n,
        sum(record_counts.money_records_n) as money_records_n,
        sum(record_counts.inferred_currency_n) as inferred_currency_n,
        sum(record_counts.unresolved_records_n) as unresolved_records_n,
        sum(record_counts.folded_records_n) as folded_records_n,
        sum(record_counts.mean_confidence * record_counts.records_n)
            / nullif(sum(record_counts.records_n) filter (where record_counts.mean_confidence is not null), 0)
            as mean_confidence
    from current_extractions
    left join record_counts using (extraction_id)
    left join rejection_counts using (extraction_id)
    group by 1, 2

),

final as (

    select
        attempts.provider,
        attempts.language,
        coalesce(documents_counted.documents_n, 0) as documents_n,
        coalesce(documents_counted.empty_documents_n, 0) as empty_documents_n,
        attempts.attempts_n,
        attempts.failed_attempts_n,
        cast(coalesce(documents_counted.records_n, 0) as bigint) as records_n,
        cast(coalesce(documents_counted.rejected_n, 0) as bigint) as rejected_n,
        rejection_reasons.rejected_reasons,
        cast(coalesce(documents_counted.undated_records_n, 0) as bigint) as undated_records_n,
        cast(coalesce(documents_counted.money_records_n, 0) as bigint) as money_records_n,
        cast(coalesce(documents_counted.inferred_currency_n, 0) as bigint) as inferred_currency_n,
        cast(coalesce(documents_counted.unresolved_records_n, 0) as bigint) as unresolved_records_n,
        cast(coalesce(documents_counted.folded_records_n, 0) as bigint) as folded_records_n,
        documents_counted.mean_confidence,
        cast(attempts.prompt_tokens as bigint) as prompt_tokens,
        cast(attempts.completion_tokens as bigint) as completion_tokens,
        cast(attempts.cost_usd as decimal(38, 8)) as cost_usd,
        attempts.duration_seconds
    from attempts
    left join documents_counted using (provider, language)
    left join rejection_reasons using (provider, language)

)

select * from final
