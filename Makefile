# Everything is built in the release profile: the wheel, the lints and the tests share what they compile.
PYTHON ?= python3
BIN := .venv/bin
CORPUS ?=
export VIRTUAL_ENV := $(CURDIR)/.venv

.PHONY: demo test bench fmt lint
demo: .venv
	$(BIN)/maturin develop --release --extras demo
	$(BIN)/python examples/demo.py

test: .venv
	$(BIN)/maturin develop --release --extras test
	cargo test --release --workspace
	$(BIN)/python -m pytest

bench: .venv
	$(BIN)/maturin develop --release --extras bench
	cargo bench --package tokcore-benches
	$(BIN)/python -m pytest benches/python --benchmark-only
	$(BIN)/python benches/python/compare.py $(CORPUS)

fmt: .venv
	cargo fmt --all
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

lint: .venv
	cargo fmt --all --check
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	cargo clippy --release --workspace --all-targets -- -D warnings
	$(BIN)/maturin develop --release --extras test
	$(BIN)/mypy
	$(BIN)/stubtest tokcore._tokcore

.venv: pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --group dev
	touch .venv
