-- Grain: one row per file of the release. Empty here: publishing fills it in the release's copy.
select
    cast(null as varchar) as path,
    cast(null as varchar) as kind,
    cast(null as bigint) as size_bytes,
    cast(null as varchar) as sha256,
    cast(null as bigint) as row_count
where false
