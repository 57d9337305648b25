"""Numbers of a text held against the current release: what a chief asks of a draft speech.

    documents   the blocks of a text file, each with the place that a person finds it by
    mentions    the numbers of a block: value, unit, bound, what kind of number the words make it
    figures     what the release knows: figures of every vintage, names, regions
    verdicts    what each number is: exact, rounded, derived, old, wrong, not ours
    annotated   the answer as an annotated copy and as JSON

Belongs here: texts that somebody wrote about the district. Does not belong here: deliveries
(``collect``), and what a release says itself (``publish`` reads that with
code of its own).
"""
