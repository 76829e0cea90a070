{#- In a patch: commitments that lost, won or keep a claim that was clustered anew. -#}
-- depends_on: {{ ref('int_claims_affected') }}
with

final as (

    {% if is_patch() -%}
    select commitment_id from intermediate.int_claims_clustered
    where claim_id in (select claim_id from {{ ref('int_claims_affected') }})
    union
    select commitment_id from {{ ref('int_claims_reclustered') }}
    {%- else -%}
    select commitment_id from {{ ref('int_claims_reclustered') }} where false
    {%- endif %}

)

select * from final
