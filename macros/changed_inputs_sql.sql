{% macro changed_inputs_sql(inputs, built_from) -%}
    with

    changed as (

        select
            coalesce(inputs.kind, built_from.kind) as kind,
            coalesce(inputs.table_name, built_from.table_name) as table_name,
            coalesce(inputs.input_name, built_from.input_name) as input_name,
            built_from.input_version as version_before,
            inputs.input_version as version_after,
            built_from.dates as dates_before,
            inputs.dates as dates_after
        from {{ inputs }} as inputs
        full join {{ built_from }} as built_from
            on
                inputs.kind = built_from.kind
                and inputs.table_name = built_from.table_name
                and inputs.input_name = built_from.input_name
        where inputs.input_version is distinct from built_from.input_version

    ),

    changed_dates as (

        select table_name, explode(dates_before) as changed_date from changed
        union
        select table_name, explode(dates_after) as changed_date from changed

    )

    select kind, table_name, input_name, version_before, version_after from changed
    union all
    select 'date', table_name, cast(changed_date as string), null, null from changed_dates
{%- endmacro %}
