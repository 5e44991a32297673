{% macro changed_inputs(inputs) -%}
    {%- set changed = {
        'orders': {'files': [], 'dates': []},
        'order_items': {'files': [], 'dates': []},
        'products': {'listed': [], 'moved': []},
        'limits': [],
    } -%}
    {%- set rows = asked(changed_inputs_sql(inputs, before('built_from', 'ops'))).rows -%}
    {%- for kind, table, name, old, new in rows -%}
        {%- if kind == 'limit' -%}
            {%- do changed.limits.append([old, new] | sort) -%}
        {%- elif kind == 'product' -%}
            {%- do changed.products['listed' if none in (old, new) else 'moved'].append(name) -%}
        {%- elif kind in ('file', 'date') -%}
            {%- do changed[table][kind ~ 's'].append(name) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(changed) }}
{%- endmacro %}
