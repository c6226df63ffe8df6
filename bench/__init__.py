"""Benchmarks: `make bench`, or `python -m bench booking --seconds 3` for one of them.

Each benchmark is a module of this package with a function
`run(places, options) -> Report`; `bench.__main__` names them. What a benchmark does
inside the system goes through the services and views that people use.
"""
