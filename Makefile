# Two commands do everything: `make demo` and `make test`. Each sets up .venv first, with nothing but Python 3.11+.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Bytecode is compiled here; else the first start of a command spends some 25 seconds on it.
INSTALL := $(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --constraint constraints.txt
INPUTS := pyproject.toml constraints.txt

# The tests start many processes; without bytecode each would compile all modules anew.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help demo test check format wheel-test bench bench-compare bench-perturb slow slow-names docs golden clean

help: ## say what there is
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(VENV)/uv:
	@$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed" if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt uv
	@touch $@

$(VENV)/demo: $(VENV)/uv $(INPUTS)
	@echo "setting up $(VENV) (once; torch is large)"
	@$(INSTALL) --editable '.[pretrained]'
	@touch $@

$(VENV)/dev: $(VENV)/uv $(INPUTS)
	@echo "setting up $(VENV) for development (once; torch is large)"
	@$(INSTALL) --editable '.[dev]'
	@touch $@ $(VENV)/demo

demo: $(VENV)/demo ## run suites/quickstart.yaml: train, evaluate, table, report (a few minutes)
	$(BIN)/bench run suites/quickstart.yaml

# One thread a process: torch's own threads would only wait for each other.
# A file's tests stay in one process, so that what they share is made once.
PYTEST := OMP_NUM_THREADS=1 $(BIN)/python -m pytest -p no:benchmark -n auto --maxprocesses 4 --dist loadfile

test: $(VENV)/dev ## run the tests (6 minutes on two cores, 8 the first time)
	$(PYTEST)

slow: $(VENV)/dev ## run the slow tests
	$(PYTEST) -m "slow and not huge and not gpu and not speed"

slow-names: $(VENV)/dev ## name the tests that `make test` leaves out
	@echo "left out (make slow, and on other machines -m gpu, -m huge, -m speed):"
	@$(BIN)/python -m pytest --collect-only --quiet --no-header -m "slow or huge or gpu or speed"

bench: $(VENV)/dev ## time every model, perturbation, metric set and command, and note it as the baseline (K=unet: some)
	$(BIN)/python -m pytest tests/benchmarks -m speed --benchmark-only --benchmark-min-rounds=11 --benchmark-autosave $(if $(K),-k "$(K)")

bench-compare: $(VENV)/dev ## fail where a check is surely 10 % slower than at the last `make bench` (K=unet: some)
	$(BIN)/python tests/benchmarks/compare.py $(if $(K),-k "$(K)") $(if $(ROUNDS),--rounds $(ROUNDS))

# The fork has the package's import name, so it gets a folder of its own.
$(VENV)/fork: $(VENV)/dev
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --target $@ imagecorruptions-imaug==1.1.5
	@touch $@

bench-perturb: $(VENV)/fork ## time the 19 corruptions against the fastest reference, on a CPU and on CUDA
	$(BIN)/python tests/speed/corruptions.py $(VENV)/fork

# Takes the python that is there, since a lent machine is bare but for a CUDA torch: PY=python3 DEVICE=cuda.
gpu: ## tests, corruptions, harness and throughput on a CUDA device, within 8 minutes
	$(or $(PY),$(BIN)/python) tests/speed/on_gpu.py --device $(or $(DEVICE),cuda) $(if $(OUT),--out $(OUT))

docs: $(VENV)/dev ## write the tables of docs/ that come from the entries
	PYTHONPATH=. $(BIN)/python tests/write_docs.py

golden: $(VENV)/dev ## record the pixels of new perturbations and new versions
	PYTHONPATH=. $(BIN)/python tests/bench/perturb/write_golden.py

check: $(VENV)/dev ## lint, format, types, layout, suites
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest --quiet tests/test_layout.py
	$(BIN)/bench check suites/*.yaml

format: $(VENV)/dev ## format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

wheel-test: $(VENV)/dev ## build the wheel, install it elsewhere, run a tiny suite there
	bash tests/wheel.sh $(BIN)

clean: ## remove what make made
	rm -rf $(VENV) dist
