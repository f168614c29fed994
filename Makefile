# make book    build the book into _build/html
# make test    everything: code style, package, notebooks, built pages
# make serve   build, then serve the pages on this machine alone
# make run     run chapters and store their outputs: CHAPTER=02_scalars, or all
# make lock    renew requirements.lock with the newest versions in range
# make clean   remove what was built (the environment .venv stays)
#
# Each target sets up .venv when it is missing or its inputs changed.
# On Linux, UV_TORCH_BACKEND=cpu takes the CPU build of torch, not 5 GB of CUDA.

.DEFAULT_GOAL := book
.NOTPARALLEL:
.PHONY: book test serve run lock clean lint form unit chapters pages

VENV := .venv
ifeq ($(OS),Windows_NT)
  BIN := $(VENV)/Scripts
  PYTHON ?= python
else
  BIN := $(VENV)/bin
  PYTHON ?= python3
endif
RUN := $(BIN)/python -m
PORT ?= 8000

# The stored outputs were made with one thread: more change the last digits.
export OMP_NUM_THREADS ?= 1
export OPENBLAS_NUM_THREADS ?= 1
export MKL_NUM_THREADS ?= 1

# Notebooks run in their own folder, where a relative path means another place.
ifneq ($(MINIGRAD_DATA),)
  override export MINIGRAD_DATA := $(shell $(PYTHON) -c \
    "import os, sys; print(os.path.abspath(sys.argv[1]))" "$(MINIGRAD_DATA)")
endif

PAGE_TESTS := tests/test_pages.py tests/test_browser.py

book: $(VENV)/.ready
	$(BIN)/jupyter-book build . --all -W --keep-going -n -q

test: lint unit chapters pages

lint: $(VENV)/.ready
	$(RUN) ruff check .
	$(RUN) ruff format --check .

form: $(VENV)/.ready
	$(RUN) pytest -q tests/test_notebooks.py

unit: $(VENV)/.ready
	$(RUN) pytest -q -n 2 tests $(addprefix --ignore=,$(PAGE_TESTS))

chapters: export TQDM_DISABLE = 1
chapters: $(VENV)/.ready
	$(RUN) pytest -q --nbval --nbval-current-env --nbval-cell-timeout 600 \
	  -n 2 --dist loadscope notebooks

pages: book
	$(RUN) pytest -q -n 2 $(PAGE_TESTS)

serve: book
	@echo "The book is at http://127.0.0.1:$(PORT)/ (Ctrl-C ends it)"
	@$(RUN) http.server --bind 127.0.0.1 --directory _build/html $(PORT)

CHAPTER ?= *
run: $(VENV)/.ready
	$(BIN)/python book/execute.py notebooks/$(CHAPTER).ipynb

lock: $(VENV)/.ready
	$(RUN) uv pip compile --quiet --universal --upgrade --python-version 3.11 \
	  --custom-compile-command "make lock" requirements.txt -o requirements.lock

clean:
	rm -rf _build .pytest_cache .ruff_cache .hypothesis
	find minigrad tests book -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.ready: requirements.txt requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(RUN) pip install --quiet --disable-pip-version-check -c requirements.lock uv
	$(RUN) uv pip install --python $(BIN)/python \
	  -r requirements.txt -c requirements.lock -e .
	@touch $@
