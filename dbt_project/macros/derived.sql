{#-
What is computed from published figures, and why it is not: the codes of the list `derived_reason`.
Two figures are given as the aliases of two rows of `int_series_figure`.
-#}

{#- Figures of these measures are amounts: they have per cent, shares, sums and figures per head. -#}
{% macro adds_up(measure) -%}
{{ measure }} in ('level', 'count')
{%- endmacro %}


{#- The measures whose changes are points. -#}
{% macro is_in_points(measure) -%}
{{ measure }} in ('share_pct', 'yoy_growth_pct', 'cagr_pct', 'target_growth_pct')
{%- endmacro %}


{#- What two figures have in common that may be set beside each other over regions: the stage of the
    estimate where it is said, else the document. -#}
{% macro vintage(stage, document) -%}
coalesce(nullif({{ stage }}, 'not_stated'), {{ document }})
{%- endmacro %}


{#- Why two figures of a series cannot be compared over time, null where they can. `absent` is the
    reason where there is no earlier one. -#}
{% macro why_not_compared(now, before, absent) -%}
case
    when {{ now }}.value is null then 'missing'
    when {{ before }}.observation_id is null then {{ absent }}
    when {{ before }}.value is null then 'missing'
    when not ({{ now }}.is_exact and {{ before }}.is_exact) then 'bound'
    when {{ now }}.is_amount and {{ now }}.is_at_comparable_prices then 'comparable_prices'
    when {{ now }}.stretch <> {{ before }}.stretch then {{ break_between(now, before) }}
end
{%- endmacro %}


{#- Why there is no figure of a year before in the series: what stands there is of another scope or price
    basis (`others`), or nothing does. -#}
{% macro why_absent() -%}
case
    when others.thing_no is null then 'no_year_before'
    when not list_contains(others.scopes, series.scope) then 'scope'
    when not list_contains(others.price_bases, series.price_basis) then 'price_basis'
    else 'no_year_before'
end
{%- endmacro %}


{#- Of what kind the last break is that only one of two figures has behind it. -#}
{% macro break_between(now, before) -%}
case
    when {{ now }}.stretch % 1000 > {{ before }}.stretch % 1000 then {{ now }}.last_break
    when {{ now }}.stretch % 1000 < {{ before }}.stretch % 1000 then {{ before }}.last_break
    when {{ now }}.stretch <> {{ before }}.stretch then 'census'
end
{%- endmacro %}


{#- The change in per cent, of amounts above nothing. -#}
{% macro change_pct(now, before) -%}
case
    when {{ now }}.is_amount and {{ before }}.value > 0
        then {{ as_value(percentage('(' ~ now ~ '.value - ' ~ before ~ '.value)', before ~ '.value'), 2) }}
end
{%- endmacro %}


{#- By how many points rounding alone moves a change in per cent, with that of a growth beside it. -#}
{% macro change_pct_rounding(now, before, growth_step) -%}
coalesce({{ growth_step }}, 0) / 2
+ 50 * (
    coalesce({{ now }}.resolution, 0)
    + coalesce({{ before }}.resolution, 0) * {{ now }}.value / nullif({{ before }}.value, 0)
) / nullif({{ before }}.value, 0) + 0.005
{%- endmacro %}


{#- 两年平均增速: what two years of growth in per cent come to a year. -#}
{% macro average_of_two_growths(now, before) -%}
(sqrt((1 + {{ now }} / 100) * (1 + {{ before }} / 100)) - 1) * 100
{%- endmacro %}


{#- An amount per head with six digits that count. -#}
{% macro six_digits(number) -%}
case
    when {{ number }} = 0 then cast(0 as decimal(30, 8))
    else cast(
        round(
            {{ number }},
            cast(least(greatest(5 - floor(log10(abs({{ number }}))), 0), 8) as integer)
        ) as decimal(30, 8)
    )
end
{%- endmacro %}


{#- Of how many months since the year 0 the first day of a date's month is the last. -#}
{% macro month_number(day) -%}
cast(12 * date_part('year', {{ day }}) + date_part('month', {{ day }}) as integer)
{%- endmacro %}


{#- Columns of a table, but for some, with commas between them. -#}
{% macro prefixed(alias, columns, but) -%}
{%- for column in columns if column not in but -%}
{{ alias }}.{{ column }}{{ ', ' if not loop.last }}
{%- endfor -%}
{%- endmacro %}
