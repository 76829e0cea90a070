{#- Whether this build may replace only what changed since the last one. -#}
{%- set previous = load_relation(this) -%}
with

inputs as (

    -- Everything but documents and records that decides what the models make.
    select md5(concat_ws(
        '|',
        '{{ project_checksum() }}',
        {% for name in ['as_of', 'repeat_days', 'revision_days', 'rate_days'] -%}
        '{{ var(name) }}',
        {% endfor -%}
        {% for name in [
            'countries', 'organisations', 'currency_pegs', 'rough_rates', 'stage_ranks', 'source_ranks', 'bodies',
            'agencies', 'principals', 'record_overrides', 'commitment_overrides', 'entity_overrides',
        ] -%}
        {{ rows_checksum(ref(name)) }},
        {% endfor -%}
        {{ rows_checksum(ref('stg_extraction__exchange_rates')) }}
    )) as inputs_hash

),

previous as (

    {% if previous -%}
    select inputs_hash, is_finished and is_large as is_whole from {{ this }}
    {%- else -%}
    select '' as inputs_hash, false as is_whole
    {%- endif %}

),

final as (

    select
        inputs.inputs_hash,
        {{ is_large() if execute else false }} as is_large,
        -- Small warehouses are built whole: it is quick, and their keys are indexed.
        inputs.inputs_hash = previous.inputs_hash and previous.is_whole
            and {{ is_large() if execute else false }} and {{ not flags.FULL_REFRESH }} as is_patch,
        false as is_finished
    from inputs
    cross join previous

)

select * from final
