with

source as (

    select * from {{ source('raw', 'exchange_rates') }}

),

renamed as (

    select
        upper(currency) as currency,
        rate_date,
        usd_per_unit,
        source as rate_source
    from source
    where usd_per_unit > 0

)

select * from renamed
