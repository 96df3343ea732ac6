# Each recipe is what a person could type. `make book` needs Python 3.11 to 3.13 and nothing else.

PYTHON ?= python3

ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

ENVIRONMENT := .venv/installed

# TensorFlow frees its large arrays after each step and asks for as many at the next; where data come
# from a Python generator, it also has glibc give all but 128 kB back to the system in between. With
# so many bytes kept, a third of the time of such a step is saved.
export MALLOC_TOP_PAD_ := 100000000

# A line of a cell is no longer than the column it is shown in.
CELLS := --config line-length=76

# `make book EDITION=student`: the same pages without solutions, in a folder of their own.
EDITION ?= instructor
ifeq ($(EDITION),student)
FOLDER := student
BUILD := python _ext/student.py
else ifeq ($(EDITION),instructor)
FOLDER := html
BUILD := jupyter-book build . -W -n --keep-going
else
$(error EDITION is instructor or student, not "$(EDITION)")
endif

.PHONY: book slides pdf test bench compat faults mutants lab lint format lock branch changed linkcheck clean
.DEFAULT_GOAL := book

# Everything that the pages are made of; as long as none of it is newer, the book is as it should be.
# The build itself writes offered.json.
SOURCES := _config.yml _toc.yml $(shell find chapters cnnbook benchmarks playground _ext _static _templates -type f -not -name "*.pyc" -not -name offered.json)

# With CNNBOOK_DATA=path, a book of other data, in a folder of its own (_ext/other_data.py).
ifdef CNNBOOK_DATA
book: $(ENVIRONMENT)
	$(BIN)/python _ext/other_data.py $(BENCHMARKS)
else
book: _build/built-$(FOLDER)
	@echo "The book is at _build/$(FOLDER)/index.html"
endif

# A build that ends well lists its files there (_ext/whole.py); when one of them has changed, all are
# written anew.
ifneq ($(shell $(PYTHON) _ext/whole.py $(FOLDER)),whole)
.PHONY: _build/built-$(FOLDER)
endif
_build/built-$(FOLDER): $(ENVIRONMENT) $(SOURCES)
	$(BIN)/python _ext/execution.py
	$(BIN)/$(BUILD)

slides: book
	$(BIN)/python _ext/slides.py

pdf: book
	$(BIN)/python _ext/paper.py

# The students' edition is built as well, so that its tests are not skipped.
# A process a core, at most four; each takes tests from another's end when its own are done.
test: lint book
	$(BIN)/python _ext/student.py
	$(BIN)/python -m pytest --numprocesses auto --maxprocesses 4 --dist worksteal

lint: $(ENVIRONMENT)
	$(BIN)/python _ext/execution.py --convert-only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ruff check $(CELLS) notebooks
	$(BIN)/ruff format --check $(CELLS) notebooks

format: $(ENVIRONMENT)
	$(BIN)/ruff format cnnbook tests benchmarks _ext
	$(BIN)/python _ext/layout.py
	$(BIN)/python _ext/names.py
	$(BIN)/python _ext/links.py

bench: $(ENVIRONMENT)
	$(BIN)/python -m benchmarks

# Do to copies of the book what may happen to it (half an hour).
faults: book
	$(BIN)/python -m benchmarks.tested.faults

# With the oldest and the newest versions that pyproject.toml admits; uv brings them from the network.
# `make compat VERSIONS=newest` for one of them.
compat: $(ENVIRONMENT)
	$(BIN)/python -m benchmarks.tested.compat $(VERSIONS)

# Whether a test notices when what the book computes is changed; mutmut, npm and the network are needed.
# Another SEED draws another sample.
mutants: $(ENVIRONMENT)
	VIRTUAL_ENV=.venv $(BIN)/uv run --no-project --active --with mutmut==3.8.1 python -m benchmarks.tested.mutants $(SEED)

lab: $(ENVIRONMENT)
	$(BIN)/jupytext-config --settings-file .venv/etc/jupyter/labconfig/default_setting_overrides.json set-default-viewer markdown
	$(BIN)/python _ext/lab.py

# --custom-compile-command puts this target's name into the head of the lock.
lock: $(ENVIRONMENT)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --all-extras --no-emit-index-url --custom-compile-command "make lock" pyproject.toml -o requirements.txt

# What continuous integration publishes beside the pages, and tells of them (_ext/publish.py).
branch: book
	@$(BIN)/python _ext/publish.py branch

BEFORE ?= _build/before
changed: $(ENVIRONMENT)
	@$(BIN)/python _ext/publish.py changed $(BEFORE)

# The one command, besides the installation, that needs the network.
linkcheck: $(ENVIRONMENT)
	$(BIN)/python _ext/links.py --check

# The lock is complete, so pip has nothing to look up (--no-deps). It compiles one file after another;
# compileall does it on all cores.
# The file names its folder: an environment that was moved with the book does not work there.
ifneq ($(shell cat $(ENVIRONMENT) 2>/dev/null),$(CURDIR))
.PHONY: $(ENVIRONMENT)
endif
$(ENVIRONMENT): requirements.txt pyproject.toml
	$(PYTHON) -c "import sys; (3, 11) <= sys.version_info < (3, 14) or sys.exit('The book needs Python 3.11 to 3.13, and PYTHON=$(PYTHON) is ' + sys.version.split()[0] + '.')"
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --no-deps -r requirements.txt
	$(BIN)/python -c "import compileall, sysconfig; compileall.compile_dir(sysconfig.get_path('purelib'), quiet=2, workers=0)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -c "import pathlib; pathlib.Path('$(ENVIRONMENT)').write_text('$(CURDIR)')"

clean:
	$(PYTHON) -c "import shutil; [shutil.rmtree(folder, ignore_errors=True) for folder in ('_build', 'notebooks', '.venv')]"
