"""A simulated district: month tables of its departments over years, and what is true of them.

Belongs here: invented figures that say so everywhere, the files and declarations they come in, and
the key of answers. Does not belong here: anything of a real place, and how files are read.
"""
