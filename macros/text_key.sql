{% macro text_key(text) -%}
    {#- Escapes of Jinja, so that no invisible character stands here; ranges, because Glue's adapter puts
        the SQL into a Python text, which would take a carriage return for a line feed. -#}
    {%- set blanks = "\u0001-\u0020\u007f-\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u2800\u3000\u3164\uffa0" -%}
    {%- set marks = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f"
        ~ "\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff" -%}
    {#- England's flag and Scotland's are a black one with marks. -#}
    {%- set flags = "\U0001f3f4[\U000e0020-\U000e007f]+" -%}
    {%- set edges = " \u200c\u200d" -%}
    regexp_replace(
        regexp_replace(
            regexp_replace({{ text }}, '({{ flags }})|[{{ marks }}]', '$1'), '[{{ blanks }}]+', ' '
        ),
        '^[{{ edges }}]+|[{{ edges }}]+$',
        ''
    )
{%- endmacro %}
