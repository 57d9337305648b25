-- Grain: one row per delivered figure (data set, key with place, delivery), current or not.
{{ config(tags=['touched_cells']) }}
{%- set key = figure_columns() + ['source_place', 'occurrence'] %}
{%- set narrowed = is_narrowed() %}
{%- set of_delivery = [
    'delivery_id', 'receipt_sha256', 'delivered_on', 'delivery_seq', 'place_order',
    'delivery_place',
] %}
{%- set kept = key + content_columns() + ['resolution', 'period_start', 'period_end']
    + of_delivery + ['correction_id', 'read_from', 'read_to'] %}
-- Most figures were printed once: nothing has to be sorted to know their only version. What may be
-- more is found by a short hash; where two figures share one, they are sorted for nothing.
with arrived as {{ 'materialized' if narrowed else 'not materialized' }} (
    select
        *,
        hash({{ figure_columns() | join(', ') }}) as print_hash
    from {{ source('landing', 'observation') }}
    {{ semi_join_touched_cells() | indent(4) }}
),

crowded as (
    select print_hash
    from arrived
    group by print_hash
    having count(*) > 1 or count(read_to) > 0
),

alone as (
    select
        {{ kept | join(',\n        ') }},
        greatest(known_from, coalesce(read_from, known_from)) as known_from,
        {{ fingerprint(key) | indent(8) }} as figure_key,
        {{ fingerprint(content_columns()) | indent(8) }} as content_key
    from arrived
    where print_hash not in (select crowded.print_hash from crowded)
),

placed as (
    select
        *,
        row_number() over (
            partition by {{ key | join(', ') }}, read_to
            order by delivered_on, delivery_seq, place_order
        ) as arrival
    from arrived
    where print_hash in (select crowded.print_hash from crowded)
),

-- The date of a document dates the first delivery of a figure. What comes later without a date of
-- its own became known when it was delivered: the first one was in force until then.
dated as (
    select
        {{ kept | join(',\n        ') }},
        case
            when arrival > 1 and coalesce(is_document_date, false)
                then greatest(known_from, delivered_on)
            else known_from
        end as known_from
    from placed
),

delivered as materialized (
    select
        {{ kept | join(',\n        ') }},
        known_from as stated_from,
        -- A date that an earlier delivery of the figure bears already cannot tell when this one
        -- became known: that was when it was delivered. What a decision has read anew is known from
        -- that day on.
        greatest(
            case
                when
                    row_number() over (
                        partition by {{ key | join(', ') }}, read_to, known_from
                        order by delivered_on, delivery_seq, place_order
                    ) > 1
                    then greatest(known_from, delivered_on)
                else known_from
            end,
            coalesce(read_from, known_from)
        ) as known_from,
        -- Ties the narrow rows that are sorted below to the wide ones that are read.
        row_number() over () as figure_row,
        {{ fingerprint(key) | indent(8) }} as figure_key,
        {{ fingerprint(figure_columns()) | indent(8) }} as print_group,
        {{ fingerprint(content_columns()) | indent(8) }} as content_key
    from dated
),

-- The order in which the sources said a figure, and where its document has it first.
ordered as (
    select
        figure_row,
        figure_key,
        content_key,
        stated_from,
        known_from,
        read_from,
        read_to,
        row_number() over (
            partition by figure_key, read_to
            order by stated_from, delivered_on, delivery_seq, place_order, delivery_place
        ) as figure_order,
        first_value(figure_key) over (
            partition by print_group
            order by delivered_on, delivery_seq, place_order, figure_key
        ) as first_figure_key
    from delivered
),

placed_in_time as (
    select
        *,
        max(figure_order) over up_to_here as last_known,
        max(figure_order) over same_day as last_of_day
    from ordered
    window
        up_to_here as (
            partition by figure_key, read_to
            order by known_from, figure_order
            rows between unbounded preceding and current row
        ),
        same_day as (partition by figure_key, read_to, known_from)
),

-- The public hears the last that was said. What becomes known only when something later is known
-- already never is heard; and a reading counts only until the decision that ends it.
told as (
    select
        *,
        known_from < coalesce(read_to, date '9999-12-31')
        and figure_order = last_known
        and (known_from = stated_from or figure_order = last_of_day) as is_heard
    from placed_in_time
),

-- Where a figure is not read any more after a decision, it ends on that day.
ended as (
    select
        before.figure_key,
        before.read_to as known_from
    from told as before
    left join told as after
        on
            before.figure_key = after.figure_key
            and before.read_to = after.read_from
            and before.read_to = after.known_from
    where before.is_heard and before.read_to is not null and after.figure_key is null
    group by before.figure_key, before.read_to
),

heard as (
    select
        figure_row,
        figure_key,
        content_key,
        first_figure_key,
        known_from,
        figure_order
    from told
    where is_heard
    union all
    select
        cast(null as bigint) as figure_row,
        figure_key,
        cast(null as varchar) as content_key,
        cast(null as varchar) as first_figure_key,
        known_from,
        0 as figure_order
    from ended
),

-- A version opens where the content differs from what was known before it, not from what came
-- before it: a late delivery of an old figure finds its place in the past.
compared as (
    select
        *,
        coalesce(lag(content_key) over by_knowledge = content_key, false) as is_unchanged_repeat
    from heard
    window by_knowledge as (partition by figure_key order by known_from, figure_order)
),

versioned as (
    select
        *,
        cast(
            count(*) filter (where not is_unchanged_repeat and figure_row is not null)
                over up_to_here
            as integer
        ) as version_number,
        max(known_from) filter (where not is_unchanged_repeat) over up_to_here as opened_on,
        min(known_from) filter (where not is_unchanged_repeat) over later as known_to
    from compared
    window
        up_to_here as (
            partition by figure_key
            order by known_from, figure_order
            rows between unbounded preceding and current row
        ),
        later as (
            partition by figure_key
            order by known_from, figure_order
            rows between 1 following and unbounded following
        )
),

-- The id depends on nothing but the figure, the day and the content. Only a content that is
-- corrected and restored on one and the same day is counted.
identified as (
    select
        *,
        {{ observation_letter() }} || left(md5(concat_ws(
            chr(31),
            figure_key,
            cast(opened_on as varchar),
            content_key,
            nullif(count(*) filter (where not is_unchanged_repeat) over same_day, 1)
        )), 16) as observation_id
    from versioned
    window same_day as (
        partition by figure_key, opened_on, content_key
        order by version_number
        range between unbounded preceding and current row
    )
),

-- The same figure printed again in its document: the first print, as it was known at that time.
repeats as (
    select
        again.observation_id,
        arg_max(first_print.observation_id, first_print.version_number) as repeat_of
    from identified as again
    inner join identified as first_print
        on
            again.first_figure_key = first_print.figure_key
            and again.known_from >= first_print.known_from
    where
        again.figure_key <> again.first_figure_key
        and not again.is_unchanged_repeat
        and not first_print.is_unchanged_repeat
        and first_print.figure_row is not null
    group by again.observation_id
)

select
    identified.observation_id,
    {%- for column in key + content_columns() %}
    delivered.{{ column }},
    {%- endfor %}
    delivered.resolution,
    delivered.period_start,
    delivered.period_end,
    delivered.known_from,
    identified.known_to,
    identified.version_number,
    coalesce(identified.is_unchanged_repeat, true) as is_unchanged_repeat,
    repeats.repeat_of,
    {%- for column in of_delivery %}
    delivered.{{ column }},
    {%- endfor %}
    delivered.correction_id,
    delivered.read_to
from delivered
left join identified
    on delivered.figure_row = identified.figure_row
left join repeats
    on identified.observation_id = repeats.observation_id
union all
select
    {{ observation_letter() }}
    || left(md5(concat_ws(chr(31), figure_key, cast(known_from as varchar), content_key)), 16)
        as observation_id,
    {%- for column in key + content_columns() %}
    {{ column }},
    {%- endfor %}
    resolution,
    period_start,
    period_end,
    known_from,
    cast(null as date) as known_to,
    cast(1 as integer) as version_number,
    false as is_unchanged_repeat,
    cast(null as varchar) as repeat_of,
    {%- for column in of_delivery %}
    {{ column }},
    {%- endfor %}
    correction_id,
    read_to
from alone
