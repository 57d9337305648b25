-- Grain: one row per indicator on the leaders' sheet: the latest figure of the district.
with figures as (
    select
        observations.*,
        coalesce(kinds.sort, 9) as kind_order
    from {{ ref('observation') }} as observations
    left join
        (
            values
            ('annual', 1), ('quarterly', 2), ('monthly', 3), ('cumulative_range', 4), ('point', 5)
        ) as kinds (period_kind, sort)
        on observations.period_kind = kinds.period_kind
    where
        observations.is_headline
        and {{ is_own_outturn('observations') }}
        and observations.value is not null
),

{{ district_and_above() }},

wanted as (
    select
        scorecard.sort,
        scorecard.indicator_code,
        indicators.name_zh,
        indicators.name_en,
        indicators.direction,
        indicators.scope as declared_scope,
        district.district_code,
        district.city_code,
        district.province_code
    from {{ source('landing', 'scorecard') }} as scorecard
    inner join {{ source('landing', 'indicator') }} as indicators
        on scorecard.indicator_code = indicators.indicator_code
    cross join district
),

relations as (
    select
        kind,
        indicator_code,
        other_code
    from {{ source('landing', 'relation') }}
    where kind in ('growth_of', 'rank_of')
),

latest as (
    select
        wanted.*,
        figures.observation_id,
        figures.period,
        figures.period_start,
        figures.period_end,
        figures.period_kind,
        figures.measure,
        figures.basis,
        figures.scope,
        figures.price_basis,
        figures.value,
        figures.unit,
        figures.qualifier,
        figures.is_simulated
    from wanted
    left join figures
        on
            wanted.indicator_code = figures.indicator_code
            and wanted.district_code = figures.region_code
    qualify row_number() over (
        partition by wanted.indicator_code
        order by
            figures.scope = wanted.declared_scope desc nulls last,
            -- a total over more than a year says less than the year inside it
            figures.period_end - figures.period_start > 366
            and figures.period_kind = 'cumulative_range' asc nulls last,
            figures.period_end desc nulls last,
            figures.kind_order asc,
            figures.headline_rank asc,
            figures.observation_id asc
    ) = 1
),

-- The growth printed for the same period, or compound growth that ends inside it.
growths as (
    select
        latest.indicator_code,
        figures.value as growth,
        figures.measure as growth_measure,
        figures.qualifier as growth_qualifier,
        figures.price_basis as growth_price_basis,
        figures.period as growth_period,
        figures.observation_id as growth_observation_id,
        figures.is_simulated as growth_is_simulated
    from latest
    inner join relations
        on latest.indicator_code = relations.other_code and relations.kind = 'growth_of'
    inner join figures
        on
            relations.indicator_code = figures.indicator_code
            and latest.district_code = figures.region_code
            and figures.scope in (latest.scope, 'same_frame')
            and (
                (
                    latest.period = figures.period
                    and latest.period_kind = figures.period_kind
                )
                or (
                    figures.measure = 'cagr_pct'
                    and latest.period_start <= figures.period_end
                    and latest.period_end >= figures.period_end
                )
            )
    qualify row_number() over (
        partition by latest.indicator_code
        order by
            figures.period = latest.period desc,
            figures.period_start desc,
            figures.kind_order asc,
            figures.headline_rank asc,
            figures.observation_id asc
    ) = 1
),

ranks as (
    select
        latest.indicator_code,
        ranking.ranked_among,
        ranking.rank,
        ranking.rank_text_zh,
        ranking.rank_text_en,
        ranking.period as rank_period,
        ranking.rank_previous,
        ranking.rank_change,
        ranking.is_simulated as rank_is_simulated,
        ranking.rank_observation_id
    from latest
    inner join {{ ref('ranking') }} as ranking
        on
            latest.indicator_code = ranking.ranked_code
            and latest.district_code = ranking.region_code
    where ranking.is_latest and ranking.ranked_among in ('city', 'province')
    qualify row_number() over (
        partition by latest.indicator_code, ranking.ranked_among
        order by ranking.period_end desc, ranking.rank_observation_id asc
    ) = 1
),

-- City and province beside it: the same indicator, period, scope and basis, or nothing.
above as (
    select
        latest.indicator_code,
        figures.region_code,
        figures.value,
        figures.qualifier,
        figures.observation_id,
        figures.is_simulated
    from latest
    inner join figures
        on
            latest.indicator_code = figures.indicator_code
            and latest.period = figures.period
            and latest.period_kind = figures.period_kind
            and latest.measure = figures.measure
            and latest.basis = figures.basis
            and latest.scope = figures.scope
            and latest.price_basis = figures.price_basis
            and latest.unit = figures.unit
            and figures.region_code in (latest.city_code, latest.province_code)
)

select
    latest.sort,
    latest.indicator_code,
    latest.name_zh as indicator_name_zh,
    latest.name_en as indicator_name_en,
    latest.direction,
    latest.period,
    latest.period_end,
    latest.period_kind,
    latest.scope,
    cast(latest.value as decimal(30, 8)) as value,
    latest.unit,
    latest.qualifier,
    cast(growths.growth as decimal(12, 4)) as growth,
    case growths.growth_measure
        when 'yoy_growth_pct' then 'yoy'
        when 'cagr_pct' then 'cagr'
    end as growth_kind,
    growths.growth_qualifier,
    growths.growth_price_basis,
    growths.growth_period,
    in_city.rank as rank_in_city,
    in_city.rank_text_zh as rank_in_city_text_zh,
    in_city.rank_text_en as rank_in_city_text_en,
    in_city.rank_period as rank_in_city_period,
    in_city.rank_change as rank_in_city_change,
    in_province.rank as rank_in_province,
    in_province.rank_text_zh as rank_in_province_text_zh,
    in_province.rank_text_en as rank_in_province_text_en,
    in_province.rank_period as rank_in_province_period,
    in_province.rank_change as rank_in_province_change,
    cast(city.value as decimal(30, 8)) as city_value,
    city.qualifier as city_qualifier,
    cast(province.value as decimal(30, 8)) as province_value,
    province.qualifier as province_qualifier,
    coalesce(latest.is_simulated, false)
    or coalesce(growths.growth_is_simulated, false)
    or coalesce(in_city.rank_is_simulated, false)
    or coalesce(in_province.rank_is_simulated, false)
    or coalesce(city.is_simulated, false)
    or coalesce(province.is_simulated, false) as is_simulated,
    latest.observation_id as value_observation_id,
    growths.growth_observation_id,
    in_city.rank_observation_id as rank_in_city_observation_id,
    in_province.rank_observation_id as rank_in_province_observation_id,
    city.observation_id as city_observation_id,
    province.observation_id as province_observation_id
from latest
left join growths
    on latest.indicator_code = growths.indicator_code
left join ranks as in_city
    on latest.indicator_code = in_city.indicator_code and in_city.ranked_among = 'city'
left join ranks as in_province
    on latest.indicator_code = in_province.indicator_code and in_province.ranked_among = 'province'
left join above as city
    on latest.indicator_code = city.indicator_code and latest.city_code = city.region_code
left join above as province
    on
        latest.indicator_code = province.indicator_code
        and latest.province_code = province.region_code
