-- Every override names its author, date and reason, asks for something that exists, and is not
-- built on another one that moved its target away.
with

record_overrides as (

    select * from {{ ref('record_overrides') }}

),

commitment_overrides as (

    select * from {{ ref('commitment_overrides') }}

),

entity_overrides as (

    select * from {{ ref('entity_overrides') }}

),

clustered as (

    select distinct rule_commitment_id from {{ ref('int_claims_clustered') }}

),

countries as (

    select iso3 from {{ ref('countries') }}

),

stages as (

    select distinct stage from {{ ref('stage_ranks') }}

),

problems as (

    select
        'record_overrides.csv' as file,
        coalesce(record_id, document_id) as key,
        case
            when author is null or date is null or reason is null then 'author, date and reason are needed'
            when record_id is null and (document_id is null or quote is null) then 'name record_id, or document_id and quote'
            when action not in ('reject', 'correct') then 'action is reject or correct'
            when action = 'correct' and (value is null or field not in (
                'stage', 'realis', 'contributors', 'counterpart', 'host', 'body_id', 'role', 'amount', 'amount_min',
                'amount_max', 'currency', 'qualifier', 'headcount', 'equipment', 'aid_type', 'finance_type',
                'event_date', 'announcement_date'
            )) then 'correct needs a value, and as its field stage, realis, contributors, counterpart, host, body_id, role, '
                || 'amount, amount_min, amount_max, currency, qualifier, headcount, equipment, aid_type, finance_type, '
                || 'event_date or announcement_date'
            when action = 'correct' then {{ value_problem() }}
        end as problem
    from record_overrides
    union all
    select
        'commitment_overrides.csv' as file,
        commitment_id as key,
        case
            when author is null or date is null or reason is null then 'author, date and reason are needed'
            when action not in ('merge', 'split', 'part_of', 'draws_on', 'not_part_of', 'reject', 'correct')
                then 'action is merge, split, part_of, draws_on, not_part_of, reject or correct'
            when action in ('merge', 'split', 'part_of', 'draws_on') and target is null then 'this action needs a target'
            when commitment_id = target then 'a commitment cannot be its own target'
            when action = 'merge' and target in (
                select commitment_id from commitment_overrides where action = 'merge'
            ) then 'the target is merged into another commitment: name that one'
            when action = 'correct' and (value is null or field not in (
                'amount', 'amount_min', 'amount_max', 'stage', 'aid_type', 'finance_type', 'is_umbrella'
            )) then 'correct needs a value, and as its field amount, amount_min, amount_max, stage, aid_type, finance_type '
                || 'or is_umbrella'
            -- Where it does not exist the commitment would take its name.
            when action = 'merge' and commitment_id in (select rule_commitment_id from clustered)
                and target not in (select rule_commitment_id from clustered)
                then concat('there is no commitment ', target, ' to merge it into')
            when action = 'correct' then {{ value_problem() }}
        end as problem
    from commitment_overrides
    union all
    select
        'entity_overrides.csv' as file,
        entity_id as key,
        case
            when author is null or date is null or reason is null then 'author, date and reason are needed'
            when field not in ('same_as', 'name', 'type') or value is null then 'field is same_as, name or type, with a value'
            -- One that is the same as itself is kept apart from its principal.
            when field = 'same_as'
                and value in (select entity_id from entity_overrides where field = 'same_as' and value <> entity_id)
                then 'the target is itself the same as another entity: name that one'
            when field = 'same_as' and {{ is_country('value') }} and value not in (select iso3 from countries)
                then concat(value, ' is the code of no country')
        end as problem
    from entity_overrides

),

wrong as (

    select * from problems
    where problem is not null

)

select * from wrong
