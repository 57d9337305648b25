{#- Every figure that a declaration sends to this mart is in it: none gets lost on the way, none
    has a role that the mart has no column for. A failure shows the figures that are missing. -#}
{% test cells_shown(model, columns) %}
with shown as (
    {%- for column in columns %}
    select {{ column }} as observation_id
    from {{ model }}
    where {{ column }} is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
)

select
    cells.observation_id,
    cells.indicator_code,
    cells.region_code,
    cells.period,
    cells.item,
    cells.stage,
    cells.slot
from {{ ref('int_mart_cell') }} as cells
left join shown
    on cells.observation_id = shown.observation_id
where
    cells.mart = '{{ model.schema }}.{{ model.identifier }}'
    and cells.is_shown
    and shown.observation_id is null
{% endtest %}
