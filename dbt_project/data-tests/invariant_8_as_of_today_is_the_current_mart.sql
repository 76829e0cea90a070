-- What is known as of today is what the marts show, and what was known at a date rests on documents
-- known by then. With the variable as_of, no later document takes part at all.
with

history as (

    select * from {{ ref('commitment_history') }}

),

commitments as (

    select commitment_id, current_stage from {{ ref('commitments') }}

),

timeline as (

    select * from {{ ref('commitment_timeline') }}

),

corrected as (

    select distinct commitment_id from {{ ref('commitment_overrides') }} where action = 'correct' and field = 'stage'

),

different as (

    select commitments.commitment_id, 'not the current stage' as problem
    from commitments
    left join history on commitments.commitment_id = history.commitment_id and history.is_current
    anti join corrected on commitments.commitment_id = corrected.commitment_id
    where commitments.current_stage is distinct from history.stage

),

foreknown as (

    select history.commitment_id, 'known before any document said so' as problem
    from history
    anti join timeline
        on history.commitment_id = timeline.commitment_id
        and history.stage = timeline.stage
        and timeline.advances_stage
        and timeline.known_date <= history.known_from

),

later as (

    select commitment_id, 'known later than as_of' as problem
    from timeline
    {%- if var('as_of') %}
    where known_date > cast('{{ var('as_of') }}' as date)
    {%- else %}
    where false
    {%- endif %}

),

wrong as (

    select * from different
    union all
    select * from foreknown
    union all
    select * from later

)

select * from wrong
