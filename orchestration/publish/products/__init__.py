"""One module for each product of a release, or group of products that share what they read.

Belongs here: the inputs, the building and the check of a product as ``publish.product`` has them.
Does not belong here: how a format is written, where that takes more than a page.
"""
