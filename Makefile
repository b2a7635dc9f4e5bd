# `make run` and `make test` are all that is needed; both set everything up, and both may be repeated.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: run test assets docs faults fuzz scan lint bench bench-compare demo pictures clean
.DELETE_ON_ERROR:

run: .venv/run.installed
	$(BIN)/python manage.py local_secrets
	$(BIN)/python manage.py migrate --verbosity 0
	$(BIN)/python manage.py welcome
	exec $(BIN)/python tools/start.py

# A hub that is busy with itself, in a file of its own: never with your subscribers, whatever .env says.
DEMO := DATABASE_URL= SWITCH_DB_HOST= FAKTORY_URL= SWITCH_DB_NAME=$(or $(DEMO_FILE),demo.sqlite3)
demo: .venv/run.installed
	$(BIN)/python manage.py local_secrets
	$(DEMO) $(BIN)/python manage.py migrate --verbosity 0
	$(DEMO) $(BIN)/python manage.py demo --or-keep
	$(DEMO) $(BIN)/python manage.py welcome
	exec env $(DEMO) $(BIN)/python tools/start.py -f tools/Procfile.demo

# Pictures of the admin's pages for the docs, from a demo of their own.
pictures: .venv/test.installed
	$(BIN)/python -m tests.pictures $(PICTURES)

# Most tests wait for real servers, so more of them run at a time than there are cores; TESTERS=0 runs one after another.
# The files come as tests/collecting.py has ordered them. What a test starts does not compile each module anew.
TESTERS ?= 6
PYTEST := $(BIN)/python -m pytest -n $(TESTERS) --dist loadfile --no-loadscope-reorder
test: export PYTHONDONTWRITEBYTECODE :=
test: .venv/test.installed
	$(PYTEST)
	SWITCH_TEST_DATABASE=postgres $(PYTEST) tests/subscribers tests/dispatch

# Kills real processes for some twenty minutes: each step of the flow, then a storm on each pair of database and queue.
faults: .venv/test.installed
	$(BIN)/python -m pytest tests/faults -m "long or not long" -p no:randomly $(FAULTS)

# Makes up requests from the served schema, a hundred for each operation and kind, and sends them to a real hub.
scan: .venv/test.installed
	$(BIN)/python -m tests.scanning $(SCAN)

# The documentation as a site, in build/docs; any broken link fails.
docs: .venv/test.installed
	NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs build --quiet --strict

LINT_ENV := DJANGO_SETTINGS_MODULE=switchsite.settings SWITCH_SECRET_KEY=lint SWITCH_JWT_SECRET=a-secret-of-thirty-two-bytes-or-more
lint: .venv/test.installed docs
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(LINT_ENV) $(BIN)/python manage.py makemigrations --check --dry-run
	$(LINT_ENV) $(BIN)/python -m tests.deploy.rolling
	tools/check_deploy

# Looks for what breaks the served paths, and for the slowest filter that is accepted.
fuzz: .venv/test.installed
	$(BIN)/python -m tests.fuzz.api
	$(BIN)/python -m tests.fuzz.slowest_filter

# Rebuilds the committed bundles of the admin's scripts, for whoever changes assets/. Needs Node; nothing else does.
assets:
	cd assets && npm ci --silent && npm run --silent build

bench bench-compare: .venv/test.installed
	$(BIN)/python -m bench $(if $(filter bench-compare,$@),--compare) $(BENCH)

.venv/run.installed: requirements.txt
	$(call environment,requirements.txt)

.venv/test.installed: requirements.txt requirements-otel.txt requirements-dev.txt
	$(call environment,requirements-dev.txt)
	touch .venv/run.installed

define environment
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Switch needs Python 3.11 or later; set PYTHON=/path/to/python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r $(1)
	touch $@
endef

clean:
	rm -rf .venv build .mypy_cache .pytest_cache .ruff_cache .hypothesis
