{{ config(materialized='incremental_by_day', affected_by='orders') }}
{%- set days = affected_days('orders') %}

with

orders as (

    select * from {{ ref('orders') }}

),

hours as (

    select
        date,
        hour_of_day,
        sum(total_amount) as total_sales,
        count(*) as order_count
    from orders
    where {{ days }}
    group by
        date,
        hour_of_day

),

final as (

    select
        -- keys
        date,
        hour_of_day,

        -- amounts
        cast(total_sales as decimal(18, 2)) as total_sales,

        -- counts
        order_count
    from hours

)

select * from final
