{#- What an outlook rests on beside the figures: how many of them, how wide its interval is. -#}
{% macro outlook_points() -%}3{%- endmacro %}
{% macro outlook_interval() -%}80{%- endmacro %}


{#- Two-sided 80 % quantile of Student's t for so many degrees of freedom; from the tenth on that of
    ten, which is a little too wide. -#}
{% macro t_quantile(freedom) -%}
case least({{ freedom }}, 10)
    {%- for quantile in [3.0777, 1.8856, 1.6377, 1.5332, 1.4759, 1.4398, 1.4149, 1.3968, 1.3830, 1.3722] %}
    when {{ loop.index }} then {{ quantile }}
    {%- endfor %}
end
{%- endmacro %}


{#- What lies so far from the middle of an outlook, back in the unit of its target: average growth over
    all years, a decline as what is gone. -#}
{% macro outlook_value(offset) -%}
cast(round(case target_kind when 'average_annual_growth' then exp((middle + {{ offset }}) / (n + years_left)) * 100 - 100 when 'decline' then 100 - exp(middle + {{ offset }}) * 100 else middle + {{ offset }} end, 4) as decimal(30, 8))
{%- endmacro %}
