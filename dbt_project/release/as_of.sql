-- Grain of the result: one row per figure in force at the end of day t, as core.observation.
-- Runs in the release when it is made: `from core.as_of('2026-03-01')` then works read-only.
-- A version that ended on the day it began was corrected before anyone knew it: never shown.
create or replace macro core.as_of(t) as table
    select
        * replace (  -- noqa: AM04
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
        and (known_to is null or known_to > cast(t as date));
