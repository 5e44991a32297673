-- One row per pair of segments that a customer had at the compare date and at the as-of date.

create table gold.segment_migration as
with migrations as (
    select
        coalesce(before.customer_segment, 'none') as from_segment,
        now.customer_segment as to_segment
    from segments_at(getvariable('as_of_date')) as now
    left join segments_at(getvariable('compare_date')) as before on now.user_id = before.user_id
),

final as (
    select
        from_segment,
        to_segment,

        getvariable('compare_date') as as_of_from,
        getvariable('as_of_date') as as_of_to,

        count(*) as customers,
        share(count(*), cast(sum(count(*)) over () as bigint)) as share
    from migrations
    group by from_segment, to_segment
)

select * from final;
