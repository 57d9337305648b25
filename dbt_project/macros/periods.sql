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


{#- The calendar year, quarter and month that all of a period lies in, for tools that cannot read
    2021-01/2023-06; null where it lies in no single one. -#}
{% macro calendar_parts(alias=none) -%}
{%- set own = alias ~ '.' if alias else '' -%}
{%- for part in ['year', 'quarter', 'month'] %}
    case
        when
            date_trunc('{{ part }}', {{ own }}period_start)
            = date_trunc('{{ part }}', {{ own }}period_end)
            then cast(date_part('{{ part }}', {{ own }}period_end) as integer)
    end as {{ part }}
    {{- "," if not loop.last }}
{%- endfor %}
{%- endmacro %}
