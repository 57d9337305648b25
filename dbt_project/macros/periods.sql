{#- One part of a period (2022, 2023-06, 2023-06-30, 2026-Q1) in words. -#}
{% macro period_label_zh(part) -%}
case
    when regexp_full_match({{ part }}, '\d{4}') then {{ part }} || '年'
    when regexp_full_match({{ part }}, '\d{4}-Q[1-4]')
        then left({{ part }}, 4) || '年第' || right({{ part }}, 1) || '季度'
    when regexp_full_match({{ part }}, '\d{4}-\d{2}')
        then left({{ part }}, 4) || '年' || ltrim(right({{ part }}, 2), '0') || '月'
    when regexp_full_match({{ part }}, '\d{4}-\d{2}-\d{2}')
        then
            left({{ part }}, 4) || '年' || ltrim(substr({{ part }}, 6, 2), '0') || '月'
            || ltrim(right({{ part }}, 2), '0') || '日'
    else {{ part }}
end
{%- endmacro %}


{% macro period_label_en(part) -%}
case
    when regexp_full_match({{ part }}, '\d{4}-Q[1-4]')
        then 'Q' || right({{ part }}, 1) || ' ' || left({{ part }}, 4)
    when regexp_full_match({{ part }}, '\d{4}-\d{2}')
        then strftime(cast({{ part }} || '-01' as date), '%B %Y')
    when regexp_full_match({{ part }}, '\d{4}-\d{2}-\d{2}')
        then
            ltrim(right({{ part }}, 2), '0')
            || strftime(cast({{ part }} as date), ' %B %Y')
    else {{ part }}
end
{%- endmacro %}
