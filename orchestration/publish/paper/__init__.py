"""What a release gives to people who read on paper across themes: briefs and the yearbook.

Belongs here: choosing figures, saying them in sentences, and laying them out. Does not belong
here: computing figures; what is printed stands in the marts.
"""
