"""What a release says in sentences, on pages and on paper: one engine, in Chinese and English.

Belongs here: which sentence is written (``rules``), what it is written from (``known``), the
sentences (``tell``) and their reading again (``check``). Does not belong here: Word and HTML.
"""
