"""The release in the formats of SDMX: structures and data in two versions of the XML, and CSV.

Belongs here: how our codes, columns and periods are said in SDMX. Does not belong here: which
figures a release holds.

The files are written here and not by a library: ``pysdmx`` 1.21 writes names in one language
only, puts texts into attributes as Python literals (a quotation mark breaks the file, a backslash
doubles, a right-to-left mark becomes six characters) and builds a message in memory. It and
``sdmx1`` read the files back in the tests.
"""
