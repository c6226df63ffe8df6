"""Whole pages for anonymous readers, kept in memory and never stale.

`stamps`  a value in the database that changes with every text that such a page shows
`kept`    which pages are kept, and how a kept one is known to be current
`middleware` gives a kept page before anything else is asked
"""
