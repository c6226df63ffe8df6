# `make run` and `make test` need Python 3.11 or newer; the rest is fetched.
PYTHON ?= python3
PORT ?= 8000
export PORT

.PHONY: run test lint test-sqlite test-postgres test-browser night gallery bench format pins clean

run:            ## everything on this machine, at http://127.0.0.1:$(PORT)
	@$(PYTHON) config/environment.py site
	@exec .venv/bin/python -m config.serve

test:           ## lint, then all tests on SQLite, PostgreSQL and in a browser
lint:           ## format, lint, types, templates, layers, migrations
test-sqlite:    ## unit and integration tests on SQLite
test-postgres:  ## the same on a PostgreSQL server started for it
test-browser:   ## journeys in Chromium
night:          ## `test` with the full counts of the long proofs
test lint test-sqlite test-postgres test-browser night:
	@$(PYTHON) config/environment.py tests
	@exec .venv/bin/python -m tests.run $@

gallery:        ## pictures of every page, in var/gallery; GALLERY_ARGS="--only fa-360-light home"
	@$(PYTHON) config/environment.py tests
	@.venv/bin/python -m config.prepare build
	@exec .venv/bin/python -m tests.face.gallery $(GALLERY_ARGS)

bench:          ## speed, beside what the databases can do at best; BENCH_ARGS="booking"
	@$(PYTHON) config/environment.py tests
	@exec .venv/bin/python -m bench $(BENCH_ARGS)

format:         ## put code into shape
	@$(PYTHON) config/environment.py tests
	.venv/bin/ruff check --fix --exit-zero --quiet . && .venv/bin/ruff format --quiet .

pins:           ## write requirements*.txt, with hashes, from the .in files
	@$(PYTHON) config/pins.py

clean:          ## remove what was fetched or built; data in var/ stays
	rm -rf .venv node_modules static/css static/vendor var/static var/static.stamp var/pins var/screenshots
	rm -rf .mypy_cache .ruff_cache .pytest_cache locale/*/LC_MESSAGES/*.mo
