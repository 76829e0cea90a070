{#- In a patch: the affected commitments, and those that count otherwise because another one changed: its part or its
    whole, what draws on it, or what somebody in it is called. -#}
-- depends_on: {{ ref('int_entities') }}
with

links as (

    select commitment_id, parent_id, link_kind, link_reason from {{ ref('int_commitments_linked') }}

),

affected as (

    select commitment_id from {{ ref('int_commitments_affected') }}

),

{% if is_patch() -%}
counted as (

    select commitment_id, parent_id, link_kind, link_reason, counterpart_id, counterpart_name, counterpart_type
    from intermediate.int_commitments_counted

),

relinked as (

    select counted.commitment_id, counted.parent_id as parent_before_id, links.parent_id
    from counted
    left join links using (commitment_id)
    where counted.parent_id is distinct from links.parent_id
        or counted.link_kind is distinct from links.link_kind
        or counted.link_reason is distinct from links.link_reason

),

-- Both the whole it was part of and the one it is part of now.
parents as (

    select parent_id as commitment_id from links where commitment_id in (select commitment_id from affected)
    union
    select parent_id as commitment_id from counted where commitment_id in (select commitment_id from affected)
    union
    select parent_id as commitment_id from relinked
    union
    select parent_before_id as commitment_id from relinked

),

renamed as (

    select distinct members.commitment_id
    from intermediate.int_commitment_contributors as members
    inner join {{ ref('int_entities') }} as entities using (entity_id)
    where (members.name, members.type, members.iso3) is distinct from (entities.name, entities.type, entities.iso3)
    union
    select counted.commitment_id
    from counted
    inner join {{ ref('int_entities') }} as entities on counted.counterpart_id = entities.entity_id
    where (counted.counterpart_name, counted.counterpart_type) is distinct from (entities.name, entities.type)

),

final as (

    select commitment_id from affected
    union
    select commitment_id from relinked
    union
    select commitment_id from parents where commitment_id is not null
    union
    select commitment_id from renamed

)
{%- else -%}
final as (

    select affected.commitment_id from affected
    semi join links using (commitment_id)
    where false

)
{%- endif %}

select * from final
