"""Which of the shipped data sets hold long series, and which the district's own documents.

Belongs here: their names, as conditions of SQL. Does not belong here: what they hold.
"""

from __future__ import annotations

SERIES = (
    "census-bulletins",
    "chart-compilations",
    "consumer-prices",
    "county-census",
    "home-prices-2006-2015",
    "nbs-city-annual",
    "nbs-home-prices",
    "ningbo-press",
    "ningbo-yearbook-2009",
    "official-bulletins",
    "other-districts",
    "population-bulletins",
    "population-gdp-since-1978",
    "port-throughput",
    "reprinted-bulletins",
    "student-compilations",
    "yearbook-tables",
)
OF_SERIES = f"data_set_id in {SERIES}"
OWN = f"data_set_id not in {SERIES}"
