"""The queries of `lakehouse trace`, each for one key of a raw table."""

from __future__ import annotations

BECAME = """
select source_file, record_number, batch_id, 'in silver' as became, '' as reasons
from silver.{table} where {key} = $key
union all
select source_file, record_number, batch_id, 'superseded by a newer version', ''
from silver.{table}_superseded where {key} = $key
union all
select source_file, record_number, batch_id,
    case when {is_waiting} then 'waits for its parent' else 'rejected by silver' end,
    array_to_string(reasons, ', ')
from silver.{table}_rejected where {key} = $key
"""
BRONZE = "select * from bronze.{table} where {key} = $key"
# A refused record is text: the digits of the key are somewhere in it, or it is another's.
REFUSED = """
select source_file, record_number, rejects.batch_id as batch, rejected_timestamp as refused,
    reasons, closed_batch_id, raw_text, header,
    case when files.status = 'superseded' then 'file ' || split_part(files.reason, ':', 1) end
        as outdated
from ops.rejected_records as rejects
left join ops.ingested_files as files using (source_file, content_hash)
where rejects.table_name = '{table}' and contains(raw_text, $key::varchar)
order by source_file, record_number, refused
"""
LINES = {
    "orders": """
select id::varchar as id, product_id::varchar as product_id, add_to_cart_order,
    allocated_amount, source_file, record_number
from silver.order_items where order_id = $key order by add_to_cart_order, id
"""
}
# Gold row, what identifies it, and the number that the row is part of. A raw table that no number
# of gold comes from has no entry.
COUNTED = {
    "orders": """
with this as (select * from silver.orders where order_id = $key),
lines as (
    select distinct products.department, products.product_id
    from silver.order_items as items inner join silver.products as products using (product_id)
    where items.order_id = $key
)
select 'gold.daily_sales' as gold_table, 'order_date ' || order_date as row,
    'total_sales ' || total_sales || ', order_count ' || order_count as numbers
from gold.daily_sales where order_date in (select date from this)
union all
select 'gold.customer_insights', 'user_id ' || user_id,
    'total_spend ' || total_spend || ', total_orders ' || total_orders
from gold.customer_insights where user_id in (select user_id from this)
union all
select 'gold.product_performance', 'product_id ' || product_id, 'total_sales ' || total_sales
from gold.product_performance where product_id in (select product_id from lines)
union all
select 'gold.department_analytics', department || ', ' || period_type || ' ' || period_start,
    'total_sales ' || total_sales
from gold.department_analytics
where department in (select department from lines)
    and (period_type = 'all' or period_start in (select date from this))
order by all
""",
    "order_items": """
with this as (
    select items.*, products.department
    from silver.order_items as items inner join silver.products as products using (product_id)
    where items.id = $key
)
select 'gold.product_performance' as gold_table, 'product_id ' || product_id as row,
    'total_sales ' || total_sales || ', total_quantity ' || total_quantity as numbers
from gold.product_performance where product_id in (select product_id from this)
union all
select 'gold.department_analytics', department || ', ' || period_type || ' ' || period_start,
    'total_sales ' || total_sales || ', total_quantity ' || total_quantity
from gold.department_analytics
where department in (select department from this)
    and (period_type = 'all' or period_start in (select date from this))
order by all
""",
    "products": """
select 'gold.product_performance' as gold_table, 'product_id ' || product_id as row,
    'total_sales ' || total_sales || ', total_quantity ' || total_quantity as numbers
from gold.product_performance where product_id = $key
union all
select 'gold.department_analytics', department || ', all', 'total_sales ' || total_sales
from gold.department_analytics
where period_type = 'all'
    and department in (select department from silver.products where product_id = $key)
order by all
""",
}
