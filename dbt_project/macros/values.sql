{#- Decimals of a declared scale. `/` and `avg` give doubles in DuckDB: round, then cast. -#}
{% macro as_value(expression, scale) -%}
cast(round({{ expression }}, {{ scale }}) as decimal(30, {{ scale }}))
{%- endmacro %}


{#- A computed value that keeps its word: a lower bound is rounded down, an upper bound up, and
    what points in no direction has no value. Counterpart of `bounds.of_*`, the SQL macros that
    every work database is made with (`orchestration/bounds.py`). -#}
{% macro as_bound(expression, qualifier, scale) -%}
{%- set power = 10 ** scale -%}
{%- set shifted = 'round((' ~ expression ~ ') * ' ~ power ~ ', 6)' -%}
case bounds.rounding({{ qualifier }})
    when -1 then {{ as_value('floor(' ~ shifted ~ ') / ' ~ power, scale) }}
    when 1 then {{ as_value('ceil(' ~ shifted ~ ') / ' ~ power, scale) }}
    when 0 then {{ as_value(expression, scale) }}
end
{%- endmacro %}


{#- A value in the reference unit of its dimension. Of more than sixteen digits before the point it
    is itself where its unit is the reference unit, and else nothing: no decimal holds the product. -#}
{% macro in_reference_unit(value, factor) -%}
coalesce(
    cast(
        try_cast({{ value }} as decimal(24, 8)) * cast({{ factor }} as decimal(14, 4))
        as decimal(38, 8)
    ),
    case when {{ factor }} = 1 then cast({{ value }} as decimal(38, 8)) end
)
{%- endmacro %}


{#- A ratio that is null where there is nothing to divide by. -#}
{% macro ratio(numerator, denominator) -%}
{{ numerator }} / nullif({{ denominator }}, 0)
{%- endmacro %}


{#- Percentage of one figure in another. -#}
{% macro percentage(part, whole) -%}
{{ part }} * 100 / nullif({{ whole }}, 0)
{%- endmacro %}


{#- A decimal as a person writes it: 1134.00000000 becomes 1134. -#}
{% macro plain(value) -%}
rtrim(rtrim(cast(cast({{ value }} as decimal(38, 8)) as varchar), '0'), '.')
{%- endmacro %}


{#- Growth is no level, and is compared with growth only. -#}
{% macro is_growth(measure) -%}
{{ measure }} in ('yoy_growth_pct', 'mom_growth_pct', 'cagr_pct', 'target_growth_pct')
{%- endmacro %}


{#- The ends that a value and its qualifier leave the true figure, null where nothing is said on a
    side or it is not said where, and whether the value is a bound. -#}
{% macro value_ends(alias=none) -%}
{%- set own = alias ~ '.' if alias else '' -%}
    case when bounds.has_low({{ own }}qualifier) then {{ own }}value end as value_low,
    case when bounds.has_high({{ own }}qualifier) then {{ own }}value end as value_high,
    case
        when {{ own }}value is not null
            then bounds.is_lower({{ own }}qualifier) or bounds.is_upper({{ own }}qualifier)
    end as is_bound
{%- endmacro %}
