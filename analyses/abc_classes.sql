with product_performance as (
    select * from {{ ref('product_performance') }}
)

select
    abc_class,
    count(*) as products,
    cast(count(*) as decimal(38, 6)) / sum(count(*)) over () as product_share,
    sum(total_sales) as total_sales,
    cast(sum(total_sales) as decimal(38, 6))
    / nullif(sum(sum(total_sales)) over (), 0) as sales_share
from product_performance
group by abc_class
order by abc_class
