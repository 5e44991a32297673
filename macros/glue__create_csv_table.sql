{% macro glue__create_csv_table(model, agate_table) %}
    {#- All rows in the statement that makes the table: one commit, and no bindings, which the adapter
        does not send. -#}
    {%- set types = model['config'].get('column_types', {}) -%}
    {% set sql %}
        create or replace table {{ this }}
        {{ file_format_clause() }}
        {{ location_clause() }}
        {{ comment_clause() }}
        {{ tblproperties_clause() }}
        as
        select
            {%- for name in agate_table.column_names %}
            cast({{ name }} as {{ types.get(name, adapter.convert_type(agate_table, loop.index0)) }}) as {{ name }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from values
            {%- for row in agate_table.rows %}
            ({{ csv_literals(row) }}){{ ',' if not loop.last }}
            {%- endfor %}
        as rows ({{ agate_table.column_names | join(', ') }})
    {% endset %}
    {% call statement('_') %}{{ sql }}{% endcall %}
    {{ return(sql) }}
{% endmacro %}
