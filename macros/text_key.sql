{% macro text_key(text) -%}
    {#- Escapes of Jinja, so that no invisible character stands here; ranges, because Glue's adapter puts
        the SQL into a Python text, which would take a carriage return for a line feed. -#}
    {%- set blanks = "\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000" -%}
    {%- set marks = "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff" -%}
    {%- set edges = " \u200c\u200d" -%}
    regexp_replace(
        regexp_replace(regexp_replace({{ text }}, '[{{ marks }}]+', ''), '[{{ blanks }}]+', ' '),
        '^[{{ edges }}]+|[{{ edges }}]+$',
        ''
    )
{%- endmacro %}
