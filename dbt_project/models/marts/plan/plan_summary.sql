-- Grain: one row per region, rule, period, assessment (item), nature and kind of figure.
{#- Which printed numbers have to add up to which. -#}
{%- set compositions = {
    'plan_indicators': ['on_track', 'behind', 'unassessable'],
    'assessable_at_end': ['expected_met', 'at_risk'],
} %}
with cells as (
    select *
    from {{ mart_cells('plan.plan_summary', kinds=['outturn', 'forecast', 'standard']) }}
),

items as (
    select
        item,
        item_name_zh,
        item_name_en
    from {{ mart_items('plan.plan_summary') }}
),

-- For what is computed and printed nowhere.
computed_items as (
    select
        code,
        name_zh,
        name_en
    from {{ source('landing', 'code') }}
    where list = 'plan_item'
),

natures as (
    select
        code,
        name_zh,
        name_en,
        sort
    from {{ source('landing', 'code') }}
    where list = 'stage'
),

rules as (
    select *
    from {{ source('landing', 'evaluation_rule') }}
),

regions as (
    select
        region_code,
        region_name_zh
    from {{ source('landing', 'region') }}
),

documents as (
    select
        observation_id,
        source_document
    from {{ ref('observation') }}
),

indicators as (
    select
        plan_id,
        region_code,
        indicator_code,
        nature,
        group_zh,
        is_simulated
    from {{ ref('plan_indicator') }}
),

progress as (
    select
        rule_id,
        region_code,
        indicator_code,
        nature,
        assessment,
        is_simulated
    from {{ ref('plan_progress') }}
),

-- What is expected at the end of the plan, from the figures that the evaluation had.
outlooks as (
    select
        rule_id,
        region_code,
        nature,
        verdict,
        is_simulated
    from {{ ref('plan_outlook') }}
    where rule_id <> '_latest'
),

-- A printed result belongs to the rule that its own document states.
printed as (
    select
        cells.region_code,
        coalesce(rules.rule_id, '_none') as rule_id,
        cells.period,
        cells.period_kind,
        cells.item,
        cells.stage as nature,
        cells.basis_family as figure_kind,
        {{ slot('cells.value', 'count') }} as count_printed,
        {{ slot('cells.unit', 'count') }} as count_unit,
        {{ slot('cells.qualifier', 'count') }} as count_qualifier,
        {{ slot('cells.value', 'rate') }} as rate_printed,
        {{ slot('cells.qualifier', 'rate') }} as rate_qualifier,
        bool_or(cells.is_simulated) as is_simulated,
        min(documents.source_document) as source_document,
        {{ slot('cells.observation_id', 'count') }} as count_observation_id,
        {{ slot('cells.observation_id', 'rate') }} as rate_observation_id
    from cells
    left join documents
        on cells.observation_id = documents.observation_id
    left join rules
        on
            cells.region_code = rules.region_code
            and documents.source_document = rules.source_document
    group by
        cells.region_code, rules.rule_id, cells.period, cells.period_kind, cells.item, cells.stage,
        cells.basis_family
),

-- What the delivered table of indicators gives, whether or not anything is printed about it.
listed as (
    select
        rules.rule_id,
        rules.region_code,
        rules.plan_period as period,
        'outturn' as figure_kind,
        'plan_indicators' as item,
        natures.code as nature,
        count(*) filter (where natures.code in ('all', indicators.nature)) as count_computed,
        bool_or(indicators.is_simulated) as is_simulated
    from rules
    inner join indicators
        on
            rules.plan_id = indicators.plan_id
            and rules.region_code = indicators.region_code
    cross join natures
    where natures.code in ('all', 'anticipatory', 'binding')
    group by rules.rule_id, rules.region_code, rules.plan_period, natures.code
),

grouped as (
    select
        rules.rule_id,
        rules.region_code,
        rules.plan_period as period,
        'outturn' as figure_kind,
        'plan_indicator_groups' as item,
        'all' as nature,
        count(distinct indicators.group_zh) as count_computed,
        bool_or(indicators.is_simulated) as is_simulated
    from rules
    inner join indicators
        on
            rules.plan_id = indicators.plan_id
            and rules.region_code = indicators.region_code
    group by rules.rule_id, rules.region_code, rules.plan_period
),

verdicts as (
    select code as assessment
    from {{ source('landing', 'code') }}
    where list = 'plan_assessment'
),

ends as (
    select code as item
    from {{ source('landing', 'code') }}
    where list = 'plan_item' and code in ('assessable_at_end', 'expected_met', 'at_risk')
),

assessed as (
    select
        rules.rule_id,
        rules.region_code,
        rules.evaluation_period as period,
        'outturn' as figure_kind,
        verdicts.assessment as item,
        natures.code as nature,
        count(*) filter (
            where
            progress.assessment = verdicts.assessment
            and natures.code in ('all', progress.nature)
        ) as count_computed,
        bool_or(progress.is_simulated) as is_simulated
    from rules
    inner join progress
        on
            rules.rule_id = progress.rule_id
            and rules.region_code = progress.region_code
    cross join verdicts
    cross join natures
    where natures.code in ('all', 'anticipatory', 'binding')
    group by
        rules.rule_id, rules.region_code, rules.evaluation_period, verdicts.assessment, natures.code
),

-- Whatever is neither met nor out of reach for sure is at risk.
expected as (
    select
        rules.rule_id,
        rules.region_code,
        rules.plan_period as period,
        'forecast' as figure_kind,
        ends.item,
        natures.code as nature,
        count(*) filter (
            where
            natures.code in ('all', outlooks.nature)
            and case ends.item
                when 'assessable_at_end' then outlooks.verdict <> 'unassessable'
                when 'expected_met' then outlooks.verdict = 'expected_met'
                else outlooks.verdict in ('expected_missed', 'undecided')
            end
        ) as count_computed,
        bool_or(outlooks.is_simulated) as is_simulated
    from rules
    inner join outlooks
        on
            rules.rule_id = outlooks.rule_id
            and rules.region_code = outlooks.region_code
    cross join ends
    cross join natures
    where natures.code in ('all', 'anticipatory', 'binding')
    group by rules.rule_id, rules.region_code, rules.plan_period, ends.item, natures.code
),

computed as (
    select * from listed
    union all
    select * from grouped
    union all
    select * from assessed
    union all
    select * from expected
),

combined as (
    select
        coalesce(printed.region_code, computed.region_code) as region_code,
        coalesce(printed.rule_id, computed.rule_id) as rule_id,
        coalesce(printed.period, computed.period) as period,
        coalesce(printed.period_kind, 'point') as period_kind,
        coalesce(printed.item, computed.item) as item,
        coalesce(printed.nature, computed.nature) as nature,
        coalesce(printed.figure_kind, computed.figure_kind) as figure_kind,
        printed.count_printed,
        printed.count_unit,
        printed.count_qualifier,
        printed.rate_printed,
        printed.rate_qualifier,
        printed.source_document,
        printed.count_observation_id,
        printed.rate_observation_id,
        computed.count_computed,
        coalesce(printed.is_simulated, false) or coalesce(computed.is_simulated, false)
            as is_simulated
    from printed
    full outer join computed
        on
            printed.region_code = computed.region_code
            and printed.rule_id = computed.rule_id
            and printed.item = computed.item
            and printed.nature = computed.nature
),

supplied as (
    select distinct
        rule_id,
        region_code
    from listed
),

compositions as (
    {%- for whole, parts in compositions.items() %}
    {%- for part in parts %}
    select
        '{{ whole }}' as whole_item,
        '{{ part }}' as part_item,
        {{ loop.index }} as part_order,
        {{ parts | length }} as parts_needed
    {{ "union all" if not loop.last }}
    {%- endfor %}
    {{ "union all" if not loop.last }}
    {%- endfor %}
),

-- Only exact numbers are added, and only where every part is printed: none is ever derived.
item_sums as (
    select
        combined.region_code,
        combined.rule_id,
        compositions.whole_item as item,
        combined.nature,
        cast(sum(combined.count_printed) as decimal(30, 8)) as parts_sum,
        string_agg(
            {{ plain('combined.count_printed') }}, ' + ' order by compositions.part_order
        ) as parts
    from combined
    inner join compositions
        on combined.item = compositions.part_item
    where combined.count_qualifier = 'exact'
    group by combined.region_code, combined.rule_id, compositions.whole_item, combined.nature
    having count(*) = any_value(compositions.parts_needed)
),

nature_sums as (
    select
        combined.region_code,
        combined.rule_id,
        combined.item,
        'all' as nature,
        cast(sum(combined.count_printed) as decimal(30, 8)) as parts_sum,
        string_agg({{ plain('combined.count_printed') }}, ' + ' order by natures.sort) as parts
    from combined
    inner join natures
        on combined.nature = natures.code
    where combined.nature in ('anticipatory', 'binding') and combined.count_qualifier = 'exact'
    group by combined.region_code, combined.rule_id, combined.item
    having count(*) = 2
),

wholes as (
    select
        compositions.part_item,
        combined.*
    from combined
    inner join compositions
        on combined.item = compositions.whole_item
    where combined.count_printed is not null
),

joined as (
    select
        combined.*,
        coalesce(item_sums.parts, nature_sums.parts) as parts,
        coalesce(item_sums.parts_sum, nature_sums.parts_sum) as parts_sum,
        wholes.count_printed as whole_printed,
        wholes.count_unit as whole_unit,
        wholes.count_observation_id as whole_observation_id,
        supplied.rule_id is not null as is_table_supplied,
        -- A count of something else, such as years, has nothing to be checked against.
        supplied.rule_id is null
        and (
            combined.item = 'plan_indicator_groups'
            or combined.item in (select compositions.whole_item from compositions)
            or combined.item in (select compositions.part_item from compositions)
        ) as is_unchecked,
        combined.nature = 'all'
        and combined.item in (select verdicts.assessment from verdicts)
        and combined.count_printed is not null
        and nature_sums.item is null as is_split_unprinted
    from combined
    left join item_sums
        on
            combined.region_code = item_sums.region_code
            and combined.rule_id = item_sums.rule_id
            and combined.item = item_sums.item
            and combined.nature = item_sums.nature
    left join nature_sums
        on
            combined.region_code = nature_sums.region_code
            and combined.rule_id = nature_sums.rule_id
            and combined.item = nature_sums.item
            and combined.nature = nature_sums.nature
    left join wholes
        on
            combined.region_code = wholes.region_code
            and combined.rule_id = wholes.rule_id
            and combined.item = wholes.part_item
            and combined.nature = wholes.nature
    left join supplied
        on
            combined.region_code = supplied.region_code
            and combined.rule_id = supplied.rule_id
)

select
    joined.region_code,
    regions.region_name_zh,
    joined.rule_id,
    rules.plan_id,
    rules.plan_name_zh,
    rules.plan_name_en,
    rules.name_zh as rule_name_zh,
    rules.name_en as rule_name_en,
    rules.evaluation_period,
    joined.period,
    joined.period_kind,
    joined.item,
    coalesce(items.item_name_zh, computed_items.name_zh, joined.item) as item_name_zh,
    coalesce(items.item_name_en, computed_items.name_en, joined.item) as item_name_en,
    joined.nature,
    case joined.nature when 'all' then '全部' else natures.name_zh end as nature_name_zh,
    case joined.nature when 'all' then 'All' else natures.name_en end as nature_name_en,
    joined.count_printed,
    joined.count_unit,
    joined.count_qualifier,
    cast(joined.count_computed as integer) as count_computed,
    case
        when joined.count_qualifier = 'exact'
            then cast(joined.count_printed - joined.count_computed as decimal(30, 8))
    end as count_difference,
    joined.whole_printed,
    joined.parts,
    joined.parts_sum,
    case
        when joined.count_qualifier = 'exact' then joined.parts_sum = joined.count_printed
    end as is_sum_of_parts,
    cast(joined.rate_printed as decimal(12, 4)) as rate_printed,
    joined.rate_qualifier,
    case
        when joined.rate_printed is null then null
        when joined.period = rules.annual_period
            then cast(rules.annual_threshold_pct as decimal(12, 4))
        when joined.period = rules.evaluation_period
            then cast(rules.within_year_threshold_pct as decimal(12, 4))
    end as rate_declared,
    joined.is_table_supplied,
    nullif(concat_ws(
        '',
        case when joined.rule_id = '_none' then '没有申报对应的评估规则。' end,
        case when joined.is_unchecked then '指标表本身未提供，个数不能逐项复核。' end,
        case when joined.is_split_unprinted then '预期性、约束性的分项未印出，不作推算。' end
    ), '') as note_zh,
    nullif(concat_ws(
        ' ',
        case when joined.rule_id = '_none' then 'No evaluation rule is declared for it.' end,
        case
            when joined.is_unchecked
                then
                    'The table of the indicators is not supplied: the number cannot be checked'
                    || ' indicator by indicator.'
        end,
        case
            when joined.is_split_unprinted
                then 'Its split into expected and binding is not printed, and not derived.'
        end
    ), '') as note_en,
    joined.is_simulated,
    joined.source_document,
    joined.count_observation_id,
    joined.rate_observation_id,
    joined.whole_observation_id,
    joined.figure_kind,
    joined.whole_unit
from joined
left join rules
    on
        joined.rule_id = rules.rule_id
        and joined.region_code = rules.region_code
left join regions
    on joined.region_code = regions.region_code
left join items
    on joined.item = items.item
left join computed_items
    on joined.item = computed_items.code
left join natures
    on joined.nature = natures.code
