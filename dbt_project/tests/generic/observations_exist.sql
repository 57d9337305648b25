{#- Every observation that a mart row names stands in core.observation and is a headline in force;
    one cell may name several, separated by commas. -#}
{% test observations_exist(model, columns) %}
with named as (
    {%- for column in columns %}
    select
        '{{ column }}' as named_in,
        unnest(string_split({{ column }}, ',')) as observation_id
    from {{ model }}
    where {{ column }} is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select named.named_in, named.observation_id
from named
left join {{ ref('observation') }} as observation
    on
        named.observation_id = observation.observation_id
        and observation.is_headline
where observation.observation_id is null
{% endtest %}
