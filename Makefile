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
	$(BIN)/python benchmarks/article_recipe.py
	$(BIN)/python benchmarks/article_network.py
	$(BIN)/python benchmarks/stored_networks.py
	$(BIN)/python benchmarks/dense_control.py
	$(BIN)/python benchmarks/lenet_to_now.py
	$(BIN)/python benchmarks/pooling_control.py
	$(BIN)/python benchmarks/pooling_windows.py
	$(BIN)/python benchmarks/label_smoothing.py
	$(BIN)/python benchmarks/numpy_layers.py
	$(BIN)/python benchmarks/optimizers.py
	$(BIN)/python benchmarks/overfitting.py
	$(BIN)/python benchmarks/shift_invariance.py
	$(BIN)/python benchmarks/augmentation.py
	$(BIN)/python benchmarks/augmentation_cost.py
	$(BIN)/python benchmarks/transfer.py
	$(BIN)/python benchmarks/attribution.py
	$(BIN)/python benchmarks/fast_recipes.py
	$(BIN)/python benchmarks/scaling.py
	$(BIN)/python benchmarks/classification.py
	$(BIN)/python benchmarks/detection.py
	$(BIN)/python benchmarks/segmentation.py
	$(BIN)/python benchmarks/generation.py
	$(BIN)/python benchmarks/style.py
	$(BIN)/python benchmarks/audio.py
	$(BIN)/python benchmarks/text.py
	$(BIN)/python benchmarks/playground.py
	$(BIN)/python benchmarks/chapters.py

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
