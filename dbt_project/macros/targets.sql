{#-
Whether a figure stands where a level asks it to: true, false, or null where a bound or an
approximation does not decide. `under` (低于, 以内) is read as at or below; the level itself is
excluded only by `exceeded` (超).
-#}

{#- At the level or above it. -#}
{% macro reaches(value, qualifier, level) -%}
case
    when {{ qualifier }} = 'exact' then {{ value }} >= {{ level }}
    when {{ qualifier }} in ('exceeded', 'at_least') and {{ value }} >= {{ level }} then true
    when {{ qualifier }} in ('under', 'at_most') and {{ value }} < {{ level }} then false
end
{%- endmacro %}


{#- Above the level. -#}
{% macro exceeds(value, qualifier, level) -%}
case
    when {{ qualifier }} = 'exact' then {{ value }} > {{ level }}
    when {{ qualifier }} = 'exceeded' and {{ value }} >= {{ level }} then true
    when {{ qualifier }} = 'at_least' and {{ value }} > {{ level }} then true
    when {{ qualifier }} in ('under', 'at_most') and {{ value }} <= {{ level }} then false
end
{%- endmacro %}


{#- At the level or below it. -#}
{% macro stays_within(value, qualifier, level) -%}
case
    when {{ qualifier }} = 'exact' then {{ value }} <= {{ level }}
    when {{ qualifier }} in ('under', 'at_most') and {{ value }} <= {{ level }} then true
    when {{ qualifier }} = 'exceeded' and {{ value }} >= {{ level }} then false
    when {{ qualifier }} = 'at_least' and {{ value }} > {{ level }} then false
end
{%- endmacro %}


{#- As a target asks: its own qualifier says on which side of it the figure belongs, and where it
    is exact, the direction of the indicator does. -#}
{% macro meets(value, qualifier, level, level_qualifier, direction) -%}
case
    when {{ level_qualifier }} = 'exceeded'
        then {{ exceeds(value, qualifier, level) | indent(8) }}
    when
        {{ level_qualifier }} = 'at_least'
        or ({{ level_qualifier }} = 'exact' and {{ direction }} = 'higher_is_better')
        then {{ reaches(value, qualifier, level) | indent(8) }}
    when
        {{ level_qualifier }} in ('under', 'at_most')
        or ({{ level_qualifier }} = 'exact' and {{ direction }} = 'lower_is_better')
        then {{ stays_within(value, qualifier, level) | indent(8) }}
end
{%- endmacro %}


{#- Growth is no level, and is compared with growth only. -#}
{% macro is_growth(measure) -%}
{{ measure }} in ('yoy_growth_pct', 'cagr_pct', 'target_growth_pct')
{%- endmacro %}
