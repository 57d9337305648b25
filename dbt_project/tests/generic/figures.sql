{#- Mart and figures agree, both ways, in one node: a node costs more than its query. Every figure
    that a declaration sends to this mart (`also`: to those marts), and that belongs there (`belongs_in_mart`), is in it (none gets lost on the way, none has a role that
    the mart has no column for), and every observation that a row names stands in core.observation
    and is a headline in force; one cell may name several, separated by commas. A failure says
    which of the two, and shows the figure; the slot is a role, or the column that names it. The tag
    says that it asks for no figures but those of the marts that its mart reads. -#}
{% test figures(model, columns, kinds=none, with_localities=false, with_classes=false, also=[]) %}
{{ config(tags=['own_figures']) }}
with named as (
    {%- for column in columns %}
    select
        '{{ column }}' as named_in,
        {{ column }} as cell
    from {{ model }}
    where {{ column }} is not null
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

split as (
    select
        named_in,
        unnest(string_split(cell, ',')) as observation_id
    from named
)

select
    'a declared figure is not shown' as problem,
    cells.observation_id,
    cells.indicator_code,
    cells.region_code,
    cells.period,
    cells.item,
    cells.stage,
    cells.slot
from {{ ref('int_mart_cell') }} as cells
left join named on cells.observation_id = named.cell
where
    cells.mart in ('{{ ([model.schema ~ '.' ~ model.identifier] + also) | join("', '") }}')
    and cells.is_shown
    and {{ belongs_in_mart(kinds, with_localities, with_classes) }}
    and named.cell is null

union all

select
    'what is shown is no headline in force' as problem,
    split.observation_id,
    anywhere.indicator_code,
    anywhere.region_code,
    anywhere.period,
    null as item,
    null as stage,
    split.named_in as slot
from split
left join {{ ref('observation') }} as observation
    on
        split.observation_id = observation.observation_id
        and observation.is_headline
left join {{ ref('observation') }} as anywhere
    on split.observation_id = anywhere.observation_id
where observation.observation_id is null
{% endtest %}
