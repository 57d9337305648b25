"""Judge: what is demanded of deliveries, marts and releases, and the verdicts on them.

Belongs here: the rule catalogue, running rules, findings, verdicts. Does not belong here: the rules
themselves (``expectations/``), and acting on a verdict (``pipeline``, ``publish``).
"""
