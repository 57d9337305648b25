{#- One part of a period (2022, 2023-06, 2023-06-30, 2026-Q1) in words. -#}
{% macro period_label_zh(part) -%}
case
    when length({{ part }}) = 4 then {{ part }} || '年'
    when {{ part }} like '____-Q_'
        then left({{ part }}, 4) || '年第' || right({{ part }}, 1) || '季度'
    when length({{ part }}) = 7
        then left({{ part }}, 4) || '年' || ltrim(right({{ part }}, 2), '0') || '月'
    when length({{ part }}) = 10
        then
            left({{ part }}, 4) || '年' || ltrim(substr({{ part }}, 6, 2), '0') || '月'
            || ltrim(right({{ part }}, 2), '0') || '日'
    else {{ part }}
end
{%- endmacro %}


{% macro period_label_en(part) -%}
case
    when {{ part }} like '____-Q_' then 'Q' || right({{ part }}, 1) || ' ' || left({{ part }}, 4)
    when length({{ part }}) = 7 then strftime(cast({{ part }} || '-01' as date), '%B %Y')
    when length({{ part }}) = 10
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


{#- The code of some months of one year from a first one on: 2024, 2024-Q3, 2024-05 or 2024-01/2024-05. -#}
{% macro period_code(of_year, first_month, months) -%}
case
    when {{ months }} = 12 then cast({{ of_year }} as varchar)
    when {{ months }} = 1
        then ({{ of_year }}) || '-' || lpad(cast({{ first_month }} as varchar), 2, '0')
    when {{ months }} = 3 and {{ first_month }} in (4, 7, 10)
        then ({{ of_year }}) || '-Q' || (({{ first_month }} + 2) // 3)
    else
        ({{ of_year }}) || '-' || lpad(cast({{ first_month }} as varchar), 2, '0') || '/'
        || ({{ of_year }}) || '-'
        || lpad(cast({{ first_month }} + {{ months }} - 1 as varchar), 2, '0')
end
{%- endmacro %}


{#- The code of the months of a year up to one, as a range from January. -#}
{% macro period_code_to_date(of_year, last_month) -%}
({{ of_year }}) || '-01/' || ({{ of_year }}) || '-' || lpad(cast({{ last_month }} as varchar), 2, '0')
{%- endmacro %}


{#- A stretch of months of one year in few words (2024年1—5月); others as `period_label_zh` has them.
    Of the columns of `dim_period`. -#}
{% macro period_short_zh() -%}
case
    when own.kind = 'half' then own.end_year || if(own.first_month = 1, '年上半年', '年下半年')
    when own.kind in ('jan_feb', 'to_date', 'months') and own.is_in_one_year
        then own.end_year || '年' || own.first_month || '—' || own.last_month || '月'
    when own.last_part is null then {{ period_label_zh('own.first_part') | indent(4) }}
    else
        {{ period_label_zh('own.first_part') | indent(8) }}
        || '至' || {{ period_label_zh('own.last_part') | indent(8) }}
end
{%- endmacro %}


{% macro period_short_en() -%}
case
    when own.kind = 'half' then if(own.first_month = 1, 'first half of ', 'second half of ') || own.end_year
    when own.kind in ('jan_feb', 'to_date', 'months') and own.is_in_one_year
        then
            strftime(own.period_start, '%b') || '–' || strftime(own.period_end, '%b') || ' '
            || own.end_year
    when own.last_part is null then {{ period_label_en('own.first_part') | indent(4) }}
    else
        {{ period_label_en('own.first_part') | indent(8) }}
        || ' to ' || {{ period_label_en('own.last_part') | indent(8) }}
end
{%- endmacro %}
