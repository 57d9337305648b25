-- Grain: one row per region, period, period kind, ledger (item), basis family and state (class).
with {{ mart_rows(
    'core.case_ledger',
    values=['cases', 'share', 'opened', 'closed', 'rate']
) }},

{{ class_compared('rows_named', 'cases', 'case_state') }},

-- A case that is done stays in its ledger: done cases over all of them are the completion rate.
states as (
    select
        *,
        max(case when class_code = 'case_done' and cases_qualifier = 'exact' then cases end)
            over one_ledger as done
    from compared
    window one_ledger as (
        partition by region_code, period, period_kind, item, basis_family
    )
),

computed as (
    select
        *,
        case
            when class_code = '_T' and cases_of is not null
                then {{ as_value(percentage('done', 'cases_of'), 2) }}
        end as completion_rate_computed
    from states
)

select
    {{ row_keys('computed') }},
    {{ row_class('computed') }},
    {{ printed_values('computed', ['cases', 'share', 'opened', 'closed']) }},
    computed.rate as completion_rate,
    computed.rate_unit as completion_rate_unit,
    computed.rate_qualifier as completion_rate_qualifier,
    computed.is_any_simulated as is_simulated,
    {{ observation_ids('computed', ['cases', 'share', 'opened', 'closed']) }},
    computed.rate_observation_id as completion_rate_observation_id,
    {{ class_columns('computed', 'cases') }},
    computed.completion_rate_computed,
    case
        when computed.rate_unit = '%' and computed.rate_qualifier = 'exact'
            then cast(computed.rate - computed.completion_rate_computed as decimal(30, 2))
    end as completion_rate_difference,
    {{ calendar_parts('computed') }}
from computed
