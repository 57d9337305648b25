-- Grain: one row per data set. Declared data sets.
select
    cast(data_set_id as varchar) as data_set_id,
    cast(title_zh as varchar) as title_zh,
    cast(title_en as varchar) as title_en,
    cast(theme as varchar) as theme,
    cast(owner as varchar) as owner,
    cast(producer as varchar) as producer,
    cast(licence as varchar) as licence,
    cast(connector as varchar) as connector,
    cast(file_pattern as varchar) as file_pattern,
    cast(cadence as varchar) as cadence,
    cast(due as varchar) as due,
    cast(is_simulated as boolean) as is_simulated,
    cast(precedence as integer) as precedence,
    cast(conf_status as varchar) as conf_status,
    cast(declaration_path as varchar) as declaration_path,
    cast(due_days as integer) as due_days
from {{ source('landing', 'data_set') }}
