with product_performance as (
    select * from {{ ref('product_performance') }}
),

ranked as (
    select
        product_id,
        product_name,
        department,
        total_sales,
        total_quantity,
        sales_share,
        row_number() over (order by total_sales desc, product_id asc) as place,
        sum(sales_share) over (
            order by total_sales desc, product_id asc
            rows between unbounded preceding and current row
        ) as cumulative_share
    from product_performance
)

select
    place,
    product_id,
    product_name,
    department,
    total_sales,
    total_quantity,
    sales_share,
    cumulative_share
from ranked
where place <= 20
order by place
