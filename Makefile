# Each recipe is what a person could type. `make book` needs Python 3.10 to 3.13 and nothing else.

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

.PHONY: book test bench lab lint format lock clean
.DEFAULT_GOAL := book

book: $(ENVIRONMENT)
	$(BIN)/python _ext/execution.py
	$(BIN)/jupyter-book build . -W -n --keep-going
	@echo "The book is at _build/html/index.html"

# Two processes; each takes tests from the other's end when its own are done.
test: lint book
	$(BIN)/python -m pytest --numprocesses 2 --dist worksteal

lint: $(ENVIRONMENT)
	$(BIN)/python _ext/execution.py --convert-only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/ruff check $(CELLS) notebooks
	$(BIN)/ruff format --check $(CELLS) notebooks

format: $(ENVIRONMENT)
	$(BIN)/ruff format cnnbook tests benchmarks _ext
	$(BIN)/jupytext --pipe-fmt ipynb --pipe "$(BIN)/ruff format $(CELLS) {}" $$(grep -rl "formats: md:myst" chapters)

# benchmarks/chapters.py runs chapters as _ext/execution.py does.
bench: export PYTHONPATH = _ext
bench: $(ENVIRONMENT)
	$(BIN)/python -m benchmarks.article_recipe
	$(BIN)/python -m benchmarks.article_network
	$(BIN)/python -m benchmarks.applications.stored_networks
	$(BIN)/python -m benchmarks.inside.dense_control
	$(BIN)/python -m benchmarks.lenet_to_now.lenet_to_now
	$(BIN)/python -m benchmarks.pooling.pooling_control
	$(BIN)/python -m benchmarks.windows.pooling_windows
	$(BIN)/python -m benchmarks.calibration.label_smoothing
	$(BIN)/python -m benchmarks.arithmetic.numpy_layers
	$(BIN)/python -m benchmarks.settings.optimizers
	$(BIN)/python -m benchmarks.settings.overfitting
	$(BIN)/python -m benchmarks.invariance.shift_invariance
	$(BIN)/python -m benchmarks.training.augmentation
	$(BIN)/python -m benchmarks.streams.augmentation_cost
	$(BIN)/python -m benchmarks.training.transfer
	$(BIN)/python -m benchmarks.attribution
	$(BIN)/python -m benchmarks.faster.fast_recipes
	$(BIN)/python -m benchmarks.scaling
	$(BIN)/python -m benchmarks.classification.classification
	$(BIN)/python -m benchmarks.detection.detection
	$(BIN)/python -m benchmarks.segmentation.segmentation
	$(BIN)/python -m benchmarks.generation.generation
	$(BIN)/python -m benchmarks.applications.style
	$(BIN)/python -m benchmarks.audio.audio
	$(BIN)/python -m benchmarks.text.text
	$(BIN)/python -m benchmarks.playground.playground
	$(BIN)/python -m benchmarks.chapters

lab: $(ENVIRONMENT)
	$(BIN)/jupytext-config --settings-file .venv/etc/jupyter/labconfig/default_setting_overrides.json set-default-viewer markdown
	$(BIN)/python _ext/lab.py

# --custom-compile-command puts this target's name into the head of the lock.
lock: $(ENVIRONMENT)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.10 --generate-hashes --all-extras --no-emit-index-url --custom-compile-command "make lock" pyproject.toml -o requirements.txt

# pip compiles one file after another; compileall does it on all cores.
$(ENVIRONMENT): requirements.txt pyproject.toml
	$(PYTHON) -c "import sys; (3, 10) <= sys.version_info < (3, 14) or sys.exit('The book needs Python 3.10 to 3.13, and PYTHON=$(PYTHON) is ' + sys.version.split()[0] + '.')"
	$(PYTHON) -m venv --clear .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile -r requirements.txt
	$(BIN)/python -c "import compileall, sysconfig; compileall.compile_dir(sysconfig.get_path('purelib'), quiet=2, workers=0)"
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	$(BIN)/python -c "import pathlib; pathlib.Path('$(ENVIRONMENT)').touch()"

clean:
	$(PYTHON) -c "import shutil; [shutil.rmtree(folder, ignore_errors=True) for folder in ('_build', 'notebooks', '.venv')]"
