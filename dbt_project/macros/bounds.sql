{#-
The algebra of bounds, for figures that are not negative.

    exceeded  above, the number excluded     at_least  at or above     (lower bounds)
    under     below                          at_most   at or below     (upper bounds)
    approx    around                         exact     as printed

What is computed from a bound is a bound: of the same direction where the bounded figure is added
or multiplied, of the opposite one where it is subtracted or divided by. A strict bound stays
strict. Directions that contradict each other, and a bound met by an approximation, leave nothing
to say: `indeterminate`, whose value is null (`as_bound`). A missing input gives null.
-#}

{% macro qualifier_of_sum(a, b) -%}
case
    when {{ a }} is null or {{ b }} is null then null
    when {{ a }} = 'exact' then {{ b }}
    when {{ b }} = 'exact' then {{ a }}
    when {{ a }} in ('exceeded', 'at_least') and {{ b }} in ('exceeded', 'at_least')
        then case when 'exceeded' in ({{ a }}, {{ b }}) then 'exceeded' else 'at_least' end
    when {{ a }} in ('under', 'at_most') and {{ b }} in ('under', 'at_most')
        then case when 'under' in ({{ a }}, {{ b }}) then 'under' else 'at_most' end
    when {{ a }} = 'approx' and {{ b }} = 'approx' then 'approx'
    else 'indeterminate'
end
{%- endmacro %}


{% macro qualifier_of_opposite(a) -%}
case {{ a }}
    when 'exceeded' then 'under'
    when 'at_least' then 'at_most'
    when 'under' then 'exceeded'
    when 'at_most' then 'at_least'
    else {{ a }}
end
{%- endmacro %}


{% macro qualifier_of_product(a, b) -%}
{{ qualifier_of_sum(a, b) }}
{%- endmacro %}


{% macro qualifier_of_difference(a, b) -%}
{{ qualifier_of_sum(a, '(' ~ qualifier_of_opposite(b) ~ ')') }}
{%- endmacro %}


{% macro qualifier_of_ratio(numerator, denominator) -%}
{{ qualifier_of_sum(numerator, '(' ~ qualifier_of_opposite(denominator) ~ ')') }}
{%- endmacro %}


{#- The same for the sum of a group of rows: an aggregate. -#}
{% macro qualifier_of_total(a) -%}
case
    when bool_or({{ a }} is null) then null
    when bool_and({{ a }} = 'exact') then 'exact'
    when bool_and({{ a }} in ('exact', 'exceeded', 'at_least'))
        then case when bool_or({{ a }} = 'exceeded') then 'exceeded' else 'at_least' end
    when bool_and({{ a }} in ('exact', 'under', 'at_most'))
        then case when bool_or({{ a }} = 'under') then 'under' else 'at_most' end
    when bool_and({{ a }} in ('exact', 'approx')) then 'approx'
    else 'indeterminate'
end
{%- endmacro %}
