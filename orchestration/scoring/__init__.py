"""The benchmark of errors: what really goes wrong, laid before the gates, and what they say of it.

Belongs here: the invented base state, errors put into it, the judging of all of them side by side,
and the score. Does not belong here: the errors themselves, which are data (``tests/errors``), and
any rule.
"""
