-- Grain: one row per published rank: region, indicator, scope, period and period kind.
with ranks as (
    select
        observation_id,
        indicator_code,
        indicator_name_zh,
        indicator_name_en,
        region_code,
        region_name_zh,
        period,
        period_start,
        period_end,
        period_kind,
        scope,
        cast(value as integer) as rank,
        qualifier as rank_qualifier,
        is_simulated
    from {{ ref('observation') }}
    where
        is_headline
        and {{ is_own_outturn() }}
        and measure = 'rank'
        and value is not null
    qualify row_number() over (
        partition by region_code, indicator_code, scope, period, period_kind
        order by headline_rank asc, known_from desc, observation_id asc
    ) = 1
),

indicators as (
    select
        indicator_code,
        nullif(ranked_among, '') as ranked_among
    from {{ source('landing', 'indicator') }}
),

-- What is ranked, where it is an indicator of its own.
ranked as (
    select
        indicator_code,
        min(other_code) as ranked_code
    from {{ source('landing', 'relation') }}
    where kind = 'rank_of'
    group by indicator_code
),

compared as (
    select
        ranks.*,
        indicators.ranked_among,
        ranked.ranked_code,
        lag(ranks.rank) over previous as rank_previous,
        lag(ranks.rank_qualifier) over previous as rank_previous_qualifier,
        lag(ranks.period) over previous as rank_previous_period,
        lag(ranks.observation_id) over previous as rank_previous_observation_id,
        lag(ranks.is_simulated) over previous as previous_is_simulated,
        row_number() over (
            partition by ranks.region_code, ranks.indicator_code, ranks.scope
            order by ranks.period_end desc, ranks.period_start desc, ranks.period_kind desc
        ) = 1 as is_latest
    from ranks
    left join indicators
        on ranks.indicator_code = indicators.indicator_code
    left join ranked
        on ranks.indicator_code = ranked.indicator_code
    -- a rank of a quarter stands beside that of another quarter, not beside that of a year
    window previous as (
        partition by ranks.region_code, ranks.indicator_code, ranks.scope, ranks.period_kind
        order by ranks.period_end asc, ranks.period_start asc, ranks.period_kind asc
    )
)

select
    region_code,
    region_name_zh,
    indicator_code,
    indicator_name_zh,
    indicator_name_en,
    ranked_among,
    ranked_code,
    scope,
    period,
    period_start,
    period_end,
    period_kind,
    rank,
    rank_qualifier,
    bounds.rank_zh(rank, rank_qualifier) as rank_text_zh,
    bounds.rank_en(rank, rank_qualifier) as rank_text_en,
    rank_previous,
    rank_previous_period,
    -- a bound ("among the first ten") has no distance to another rank
    case
        when rank_qualifier = 'exact' and rank_previous_qualifier = 'exact'
            then rank_previous - rank
    end as rank_change,
    is_latest,
    is_simulated or coalesce(previous_is_simulated, false) as is_simulated,
    observation_id as rank_observation_id,
    rank_previous_observation_id,
    {{ calendar_parts() }}
from compared
