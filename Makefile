# Everything a newcomer needs; each target sets up what it needs first (a second time that costs nothing).
PYTHON ?= python3
BIN := .venv/bin
GOOD ?=

.PHONY: setup run test lint demo bench clean

setup:  ## virtual environment and packages in .venv
	@$(PYTHON) bootstrap.py

run: setup  ## API and chat on http://127.0.0.1:7860
	@$(BIN)/redrabbit serve

demo: setup  ## the whole path once, into out/demo (make demo GOOD=DIR for your own photos)
	@$(BIN)/redrabbit demo --out out/demo $(if $(GOOD),--good $(GOOD))

test:  ## all tests; those that need PostgreSQL, a browser or real images skip where there is none
	@$(PYTHON) bootstrap.py --dev
	@$(BIN)/pytest

lint:  ## style, types and the arrows between packages
	@$(PYTHON) bootstrap.py --dev
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports

bench: setup  ## speed tables; peers go into an environment of their own
	@$(BIN)/redrabbit eval run speed

clean:  ## the environment and everything written under out/
	rm -rf .venv out
