{{ config(materialized='patched', key='claim_id', affected='int_claims_affected') }}
-- depends_on: {{ ref('int_claims_affected') }}
-- depends_on: {{ ref('int_commitments_affected') }}
with

final as (

    select * from {{ ref('int_claims_reclustered') }}

)

select * from final
