"""The products of a release, in the order in which they need each other.

Belongs here: one line for each product. Does not belong here: anything a product does. A new one
is a file in ``products`` and a line here; see the README beside this file.
"""

from __future__ import annotations

from orchestration.publish.product import Product
from orchestration.publish.products import (
    calendar,
    citation,
    datapackage,
    engine,
    inventory,
    paper,
    report,
    sdmx,
    semantics,
    site,
    tables,
    workbooks,
)

PRODUCTS: tuple[Product, ...] = (
    tables.TABLES,
    report.REPORT,
    citation.CITATION,
    sdmx.SDMX,
    semantics.SEMANTICS,
    workbooks.WORKBOOKS,
    site.PAGES,
    paper.YEARBOOK,
    paper.MONTHLY,
    paper.BRIEFS,
    site.SEARCH,
    site.FIGURES,
    calendar.CALENDAR,
    engine.ENGINE,
    site.FRONT,
    inventory.INVENTORY,
    datapackage.DATAPACKAGE,
    engine.MART,
)
"""Lanes keep this order too: pages stand after workbooks, which have printed their tables."""
