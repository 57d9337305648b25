-- Grain of the result: one row per figure in force at the end of day t, as core.observation.
-- Runs in the release when it is made: `from core.as_of('2026-03-01')` then works read-only.
-- A version that ended on the day it began was corrected before anyone knew it: never shown.
-- A figure is the headline if an odd number of the days in headline_during are t or earlier. With t
-- and a letter put among them, and all sorted, that number is one less than the place of t.
-- AM04 is left: the columns are those of core.observation, whichever a release has.
create or replace macro core.as_of(t) as table
    select
        * replace (  -- noqa: AM04
            cast(null as date) as known_to,
            headline_during is null or list_position(
                list_sort(
                    list_append(
                        string_split(rtrim(replace(headline_during, '/', ' ')), ' '),
                        cast(cast(t as date) as varchar) || 't'
                    )
                ),
                cast(cast(t as date) as varchar) || 't'
            ) % 2 = 0 as is_headline
        )
    from core.observation
    where
        known_from <= cast(t as date)
        and (known_to is null or known_to > cast(t as date));
