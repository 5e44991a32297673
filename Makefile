# Every way to run, test and check the project; CI calls the same targets. Each target sets up what it needs.
.DEFAULT_GOAL := help
.PHONY: help setup setup-spark setup-browser setup-cloud run test test-spark test-cloud cloud deploy lint lint-python lint-sql lint-templates types new-model format docs check soak crashes bench clean

PYTHON ?= python3.11
BIN := .venv/bin

# What set-up depends on is in the name of the stamp, as a checksum: a new lock file, another commit or a
# copied folder is noticed, whatever the times of the files say.
SETUP_FILES := pyproject.toml uv.lock lakehouse/setup.py
STAMP := .venv/setup-$(shell (pwd -P; cat $(SETUP_FILES)) | cksum | tr ' ' '-').done

# Where it is set, each of the many processes that tests start compiles all that it imports: seconds.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv from uv.lock (the other targets do this by themselves)

$(STAMP):
	@$(PYTHON) -c '' || { \
		echo 'set-up: $(PYTHON) does not run. Install Python 3.11, or name it: make setup PYTHON=/path/to/python3.11' >&2; \
		exit 1; }
	@$(PYTHON) -I lakehouse/setup.py $(STAMP)

# No stamp: it looks at the parts themselves, so a lost or damaged one is repaired.
setup-spark: setup ## Fetch what the engine spark needs beyond that: its JARs, and Java 17 unless there is one
	@$(BIN)/python -m ingestion.spark_setup

setup-browser: setup ## Install Chromium where this user may, for the tests of pages
	@$(BIN)/python -m tests.browser.chromium

setup-cloud: setup-spark ## Fetch what the stand-in cloud needs beyond that, 1.2 GB into ~/.cache: Trino, its Java, S3A
	@$(BIN)/python -m tests.cloud.parts

run: setup ## Load the raw files of sample/ and build all tables, into warehouse/
	@$(BIN)/lakehouse run --raw sample --root warehouse || { code=$$?; [ $$code -eq 2 ] || exit $$code; \
		echo; \
		echo 'All is well: what was rejected or quarantined above are the defects that sample/ has on purpose.'; \
		echo 'sample/README.md explains each of them.'; }

# Tests of one file share what they build, so a file stays with one worker.
test: setup-browser lint ## Lint, check the types, then run all tests that need neither Java nor the stand-in cloud
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m 'not spark' --ignore=tests/cloud --ignore=tests/orchestration/aws/state_machines

test-spark: setup-spark ## Run the tests of the engine spark: the same values as on Sail
	$(BIN)/pytest -m spark --ignore=tests/cloud --ignore=tests/orchestration/aws/state_machines

test-cloud: lint-templates setup-cloud ## Try the AWS side in the stand-in cloud: templates, pipeline, dbt on Glue, Athena
	$(BIN)/pytest tests/cloud tests/orchestration/aws/state_machines

cloud: setup-cloud ## Start a cloud to play with on this machine, without an account; Ctrl-C stops it
	@$(BIN)/python -m tests.cloud

deploy: setup ## Deploy to AWS: ENV=dev; PLAN=1 only shows what would change, VERSION=x goes back, NOTIFY=address gets its messages
	@$(BIN)/python -m orchestration.aws.deploy --env $(or $(ENV),'') $(if $(PLAN),--plan) $(if $(VERSION),--version $(VERSION)) \
		$(if $(filter undefined,$(origin NOTIFY)),,--notify '$(NOTIFY)')

# Each of the two keeps one core busy for a minute.
lint: setup ## Check style, types and imports of the Python code and style of the SQL
	@$(MAKE) --no-print-directory --jobs=2 lint-python lint-sql

lint-python: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

# sqlfluff compiles the models with dbt, which starts the default engine; the root keeps that apart from all data.
lint-sql: setup
	LAKEHOUSE_ROOT=target/lint $(BIN)/sqlfluff lint models analyses

# checkov pins old versions of what the project needs newer, so it has a lock and an environment of its own.
lint-templates: setup ## Check the CloudFormation templates
	$(BIN)/cfn-lint -r eu-west-1 -t orchestration/aws/cloudformation/*.yaml
	UV_PYTHON_DOWNLOADS=never $(BIN)/uv run --quiet --frozen --python $(BIN)/python --project .ci/checkov \
		checkov --config-file .ci/checkov/checkov.yaml

types: setup ## Check the types alone
	$(BIN)/mypy

new-model: setup ## Write the files of a model: NAME=weekly_sales, LAYER=gold; what it reads and its key: docs/recipes.md
	@$(BIN)/lakehouse new model $(or $(NAME),'') --layer $(or $(LAYER),gold)

format: setup ## Format the Python code, and fix what ruff can fix
	$(BIN)/ruff check --fix-only
	$(BIN)/ruff format

docs: setup ## Write the docs site, pages that need no server, to target/docs/
	@$(BIN)/lakehouse docs --no-serve

check: test test-spark test-cloud run ## All that CI checks

soak: setup ## Try random arrivals, kills and edits that no test has tried, for MINUTES=10, from SEED=1 on
	@$(BIN)/python -m tests.soak --minutes $(or $(MINUTES),10) --seed $(or $(SEED),1)

crashes: setup ## Let the commands that write die at every write, which takes hours; RUN=ingest only that one
	@$(BIN)/python -m tests.crashes $(RUN)

bench: setup-spark ## Measure against DuckDB and plain PySpark, and write docs/benchmarks.md (an hour or two)
	$(BIN)/python -m bench

clean: ## Remove what runs and tests have made; .venv stays
	rm -rf warehouse target logs .hypothesis .mypy_cache .ruff_cache .import_linter_cache
