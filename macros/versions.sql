{% macro versions(rows, key, counted_in) -%}
    {#- Hardly any key has a second version, so only those that have one are ranked: a window over all
        rows takes several times as long as the rest of a model. -#}
    {%- set repeated_keys -%}
        select {{ key }} from {{ counted_in }} group by {{ key }} having count(*) > 1
    {%- endset -%}
    select
        {{ rows }}.*,
        1 as version_rank
    from {{ rows }}
    left anti join ({{ repeated_keys }}) as repeated_keys
        on {{ rows }}.{{ key }} = repeated_keys.{{ key }}
    union all
    select
        {{ rows }}.*,
        row_number() over (
            partition by {{ rows }}.{{ key }} order by {{ newest_first() }}
        ) as version_rank
    from {{ rows }}
    left semi join ({{ repeated_keys }}) as repeated_keys
        on {{ rows }}.{{ key }} = repeated_keys.{{ key }}
{%- endmacro %}
