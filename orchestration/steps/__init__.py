"""The steps of a run: functions of what is on disk to what is on disk, each usable alone.

Belongs here: what each step does (one module each), the state that steps leave for one another
(``state``), what a run says at its end (``report``), and the one door through which every run
enters and leaves (``door``). Does not belong here: how Dagster schedules steps (``definitions``)
and how a person starts them (``cli``).
"""
