"""Whole pages for anonymous readers, kept in memory and never stale.

`stamps`  a value in the database that changes with every text that such a page shows
`kept`    which pages are kept, and how a kept one is known to be current
`sheets`  the style sheets, inside a page for who does not hold them
`memory`  what pages are made from, under the state it was read in
`middleware` gives a kept page before anything else is asked
"""
