{% macro matches_segment_rule(scores, rules) -%}
    {#- FM is the mean of frequency and monetary score, so it has halves. -#}
    {{ scores }}.recency_score between {{ rules }}.recency_min and {{ rules }}.recency_max
    and {{ scores }}.frequency_score between {{ rules }}.frequency_min and {{ rules }}.frequency_max
    and ({{ scores }}.frequency_score + {{ scores }}.monetary_score) / 2
    between {{ rules }}.fm_min and {{ rules }}.fm_max
{%- endmacro %}
