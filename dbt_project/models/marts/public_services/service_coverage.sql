-- Grain: one row per region, period, period kind, item, basis family and class.
with {{ mart_rows(
    'public_services.service_coverage',
    values=['standard', 'count', 'coverage', 'rate', 'ratio', 'covered', 'to_cover']
) }},

qualified as (
    select
        *,
        case
            when covered_dimension = to_cover_dimension
                then {{ quotient_qualifier('covered', 'to_cover') | indent(16) }}
        end as coverage_computed_qualifier
    from rows_named
),

computed as (
    select
        *,
        {{ as_bound(
            percentage('covered_reference', 'to_cover_reference'),
            'coverage_computed_qualifier', 2
        ) | indent(8) }} as coverage_computed
    from qualified
)

select
    {{ row_keys('computed') }},
    {{ printed_values('computed', ['standard', 'count', 'coverage', 'rate', 'ratio']) }},
    computed.is_simulated,
    {{ observation_ids('computed', ['standard', 'count', 'coverage', 'rate', 'ratio']) }},
    {{ calendar_parts('computed') }},
    {{ row_facts('computed', 'rate') }},
    {{ printed_values('computed', ['covered', 'to_cover']) }},
    {{ observation_ids('computed', ['covered', 'to_cover']) }},
    computed.coverage_computed,
    computed.coverage_computed_qualifier,
    case
        when
            computed.coverage_unit = '%' and computed.coverage_qualifier = 'exact'
            and computed.coverage_computed_qualifier = 'exact'
            then cast(computed.coverage - computed.coverage_computed as decimal(30, 2))
    end as coverage_difference
from computed
