{% macro spark__reset_csv_table(model, full_refresh, old_relation, agate_table) %}
    {#- The adapter drops the table first, which would leave readers without it for a moment and the
        old files at its path. Here it is replaced. -#}
    {{ return(create_csv_table(model, agate_table)) }}
{% endmacro %}
