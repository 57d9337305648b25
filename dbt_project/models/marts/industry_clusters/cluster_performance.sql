-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'industry_clusters.cluster_performance',
    values=[
        'output', 'output_increment', 'revenue', 'value_added', 'sales_output', 'scale',
        'capacity', 'count', 'share', 'duration'
    ],
    growths=['output_cagr', 'value_added_growth', 'value_added_cagr', 'sales_output_growth'],
    has_rank=true
) }},

{{ mart_summable('industry_clusters.cluster_performance') }},

item_facts as (
    select
        item,
        overlaps_with_zh,
        overlaps_with_en,
        overlap_note_zh,
        overlap_note_en,
        part_of_item
    from {{ mart_items('industry_clusters.cluster_performance') }}
),

-- What level, increase and compound growth imply about each other; nominal growth only.
implied as (
    select
        *,
        {{ base_implied_qualifier('output', 'output_cagr') | indent(8) }}
            as output_base_implied_qualifier,
        case
            when
                output_increment_qualifier = 'exact' and output_cagr_qualifier = 'exact'
                and output_increment_price_basis = 'current'
                and output_cagr_price_basis = 'current'
                and output_increment_period = output_cagr_period
                and output_increment_scope = output_cagr_scope
                and output_cagr <> 0 and output_cagr > -100
                then 'approx'
        end as output_implied_qualifier
    from rows_named
),

levels as (
    select
        *,
        {{ as_bound(base_implied('output', 'output_cagr'), 'output_base_implied_qualifier', 1)
            | indent(8) }} as output_base_implied,
        {{ as_bound(
            'output_increment / nullif(1 - 1 / pow(1 + output_cagr / 100, '
            ~ years_of('output_cagr_period') ~ '), 0)', 'output_implied_qualifier', 1
        ) | indent(8) }} as output_implied
    from implied
),

-- Classes that overlap are never summed. Where the overlap shows in the figures, say so: what
-- the classes would add up to, beside the total that they are parts of.
overlap_sums as (
    select
        one.region_code,
        one.period,
        one.period_kind,
        one.item,
        one.basis_family,
        one.class_list,
        one.class_code,
        sum(other.output) as overlap_sum,
        count(*) as overlap_count,
        bool_or(other.is_simulated) as is_simulated
    from levels as one
    inner join levels as other
        on
            one.region_code = other.region_code
            and one.period = other.period
            and one.period_kind = other.period_kind
            and one.basis_family = other.basis_family
            and {{ same_class('one', 'other') }}
            and one.output_unit = other.output_unit
            and one.output_scope = other.output_scope
            -- only what is at least as large as printed shows that the sum is too large
            and bounds.has_low(other.output_qualifier)
            and list_contains(
                string_split(concat_ws(',', one.item, one.overlaps_with), ','), other.item
            )
    where one.overlaps_with is not null and one.output is not null and other.output is not null
    group by
        one.region_code, one.period, one.period_kind, one.item, one.basis_family, one.class_list,
        one.class_code
),

evidence as (
    select
        levels.*,
        coalesce(summable.is_summable, false) as is_summable,
        item_facts.overlaps_with_zh,
        item_facts.overlaps_with_en,
        item_facts.overlap_note_zh,
        item_facts.overlap_note_en,
        overlap_sums.overlap_sum,
        coalesce(wholes.output_implied, wholes.output) as whole,
        coalesce(
            overlap_sums.overlap_count > 1
            and overlap_sums.overlap_sum > coalesce(wholes.output_implied, wholes.output)
            and bounds.rounding(
                coalesce(wholes.output_implied_qualifier, wholes.output_qualifier)
            ) = 0
            and levels.output_unit = case
                when wholes.output_implied is not null then wholes.output_increment_unit
                else wholes.output_unit
            end,
            false
        ) as is_sum_too_large,
        coalesce(
            levels.value_added is not null and levels.value_added_cagr is not null
            and levels.value_added_cagr_price_basis <> 'current',
            false
        ) as is_base_refused,
        levels.is_simulated
        or coalesce(overlap_sums.is_simulated, false)
        or coalesce(wholes.is_simulated and levels.overlaps_with is not null, false)
            as is_any_simulated
    from levels
    left join item_facts
        on levels.item = item_facts.item
    left join overlap_sums
        on
            levels.region_code = overlap_sums.region_code
            and levels.period = overlap_sums.period
            and levels.period_kind = overlap_sums.period_kind
            and levels.item = overlap_sums.item
            and levels.basis_family = overlap_sums.basis_family
            and {{ same_class('levels', 'overlap_sums') }}
    left join levels as wholes
        on
            levels.region_code = wholes.region_code
            and levels.period = wholes.period
            and levels.period_kind = wholes.period_kind
            and levels.basis_family = wholes.basis_family
            and {{ same_class('levels', 'wholes') }}
            and item_facts.part_of_item = wholes.item
    {{ join_summable('levels') | indent(4) }}
),

explained as (
    select
        *,
        concat_ws(
            '。',
            '与' || overlaps_with_zh || '有交叉，不可相加'
            || case
                when is_sum_too_large
                    then
                        '：合计 ' || {{ plain('overlap_sum') }} || '，大于所属总量 '
                        || {{ plain('whole') }}
                else ''
            end,
            case when overlaps_with is not null then rtrim(overlap_note_zh, '。') end,
            case when is_base_refused then '增加值增速按可比价，不推算基期' end
        ) as note_zh,
        concat_ws(
            '. ',
            'Overlaps with ' || overlaps_with_en || ': never summed'
            || case
                when is_sum_too_large
                    then
                        '; together ' || {{ plain('overlap_sum') }}
                        || ', more than the total they belong to, ' || {{ plain('whole') }}
                else ''
            end,
            case when overlaps_with is not null then rtrim(overlap_note_en, '.') end,
            case
                when is_base_refused
                    then 'Growth of value added is at comparable prices: it implies no base'
            end
        ) as note_en
    from evidence
)

select
    {{ row_keys('explained') }},
    {{ printed_values('explained', [
        'output', 'output_increment', 'revenue', 'value_added', 'sales_output', 'scale',
        'capacity', 'count', 'share'
    ]) }},
    {{ printed_growths('explained', [
        'output_cagr', 'value_added_growth', 'value_added_cagr', 'sales_output_growth'
    ], with_period=['output_cagr', 'value_added_cagr']) }},
    explained.rank,
    explained.rank_qualifier,
    explained.output_base_implied,
    explained.output_base_implied_qualifier,
    explained.output_implied,
    explained.output_implied_qualifier,
    explained.is_summable,
    explained.overlaps_with,
    nullif(explained.note_zh, '') || '。' as note_zh,
    nullif(explained.note_en, '') || '.' as note_en,
    explained.is_any_simulated as is_simulated,
    {{ observation_ids('explained', [
        'output', 'output_increment', 'revenue', 'value_added', 'sales_output', 'scale',
        'capacity', 'count', 'share', 'output_cagr', 'value_added_growth',
        'value_added_cagr', 'sales_output_growth', 'rank'
    ]) }},
    {{ printed_values('explained', ['duration']) }},
    {{ observation_ids('explained', ['duration']) }},
    {{ about_share('explained') }},
    {{ about_rank('explained') }},
    {{ calendar_parts('explained') }},
    {{ row_facts('explained', 'output') }}
from explained
