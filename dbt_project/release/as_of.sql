-- Grain of the result: one row per figure in force at the end of day t, as core.observation.
-- Runs in the release when it is made: `from core.as_of('2026-03-01')` then works read-only.
-- A version that ended on the day it began was corrected before anyone knew it: never shown.
-- Where nothing said of a quantity changed after t, its headline is that of today and nothing is
-- sorted. What may have changed is found by a short hash; where two quantities share one, they are
-- sorted for nothing.
create or replace macro core.as_of(t) as table
    with changed as materialized (
        select
            hash(
                indicator_code, scope, region_code, period, period_kind, basis, measure,
                price_basis, breakdown
            ) as quantity_hash
        from core.observation
        where known_from > cast(t as date)
        -- Not `or`: each of the two skips what it need not read.
        union
        select
            hash(
                indicator_code, scope, region_code, period, period_kind, basis, measure,
                price_basis, breakdown
            ) as quantity_hash
        from core.observation
        where known_to > cast(t as date)
    )

    select * replace (cast(null as date) as known_to)  -- noqa: AM04
    from core.observation
    where
        known_from <= cast(t as date)
        and known_to is null
        and hash(
            indicator_code, scope, region_code, period, period_kind, basis, measure,
            price_basis, breakdown
        ) not in (select changed.quantity_hash from changed)
    union all
    select
        * replace (
            cast(null as date) as known_to,
            row_number() over (
                partition by
                    indicator_code,
                    scope,
                    region_code,
                    period,
                    period_kind,
                    basis,
                    measure,
                    price_basis,
                    breakdown
                order by
                    headline_rank asc,
                    known_from desc,
                    repeat_of is not null asc,
                    observation_id asc
            ) = 1 as is_headline
        )
    from core.observation
    where
        known_from <= cast(t as date)
        and (known_to is null or known_to > cast(t as date))
        and hash(
            indicator_code, scope, region_code, period, period_kind, basis, measure,
            price_basis, breakdown
        ) in (select changed.quantity_hash from changed);
