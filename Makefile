# The same names as the scripts, for those whose fingers type make.
.PHONY: demo check full build test bench fuzz model sim soak web-check web-screens format clean

SECONDS ?= 60
PREREQS = . tools/prereqs.sh && prereqs_install
SHELL = /bin/bash

build:
	@$(PREREQS) "$${PREREQS_BUILD[@]}" "$${PREREQS_NPM[@]}"
	@tools/web_parts.sh
	@[ -e build/build.ninja ] || meson setup build
	@ninja -C build

demo:
	@./demo

check:
	@./check

full:
	@./check full

test: build
	@meson test -C build --print-errorlogs

# make bench NAME=x [STORE=postgresql]
bench:
	@[ -n "$(NAME)" ] || { echo "make bench NAME=x, x one of:" \
		$$(ls bench/bench_*.c bench/bench_*.py | sed 's,bench/bench_\(.*\)\..*,\1,') >&2; \
		exit 2; }
	@[ "$(NAME)" != console ] || tools/web_parts.sh --tests
	@[ -e build-release/build.ninja ] || meson setup --buildtype=release build-release
	@if [ -e bench/bench_$(NAME).py ]; then ninja -C build-release src/main/saluran && \
		SALURAN_BIN=$(CURDIR)/build-release/src/main/saluran bench/bench_$(NAME).py; \
	else ninja -C build-release bench/bench_$(NAME) src/main/saluran && \
		SALURAN_BUILD=$(CURDIR)/build-release $(if $(filter postgresql,$(STORE)),tests/postgres.py) \
		build-release/bench/bench_$(NAME); fi

# make fuzz NAME=x [SECONDS=n]
fuzz:
	@[ -n "$(NAME)" ] || { echo "make fuzz NAME=x, x one of:" \
		$$(ls fuzz/fuzz_*.c | sed 's,fuzz/fuzz_\(.*\)\.c,\1,') >&2; exit 2; }
	@[ -e build-fuzz/build.ninja ] || \
		CC=clang meson setup build-fuzz -Dfuzz=true -Db_lundef=false
	@ninja -C build-fuzz fuzz/fuzz_$(NAME)
	@mkdir -p build-fuzz/corpora/$(NAME)
	@build-fuzz/fuzz/fuzz_$(NAME) -max_total_time=$(SECONDS) -timeout=10 \
		-artifact_prefix=build-fuzz/ build-fuzz/corpora/$(NAME) fuzz/corpora/$(NAME)

# What the exchange promises, searched through by SPIN; then that a broken one is found out.
model:
	@$(PREREQS) "$${PREREQS_MODEL[@]}"
	@model/check && model/check --mutants

# make sim [SEED=n] [COUNT=n]: nodes under schedules that a seed chooses; one seed is told step
# by step.
sim:
	@[ -e build-release/build.ninja ] || meson setup --buildtype=release build-release
	@ninja -C build-release tests/sim
	@build-release/tests/sim $(if $(SEED),$(if $(COUNT),,--trace)) \
		$(or $(SEED),1) $(or $(COUNT),$(if $(SEED),1,3000))

# make soak [N=events] [DIR=folder]: two nodes under load that are killed at random; Ctrl-C stops it,
# the same command goes on.
soak:
	@[ -e build-release/build.ninja ] || meson setup --buildtype=release build-release
	@ninja -C build-release src/main/saluran
	@SALURAN_BIN=$(CURDIR)/build-release/src/main/saluran tests/soak/soak.py \
		--events $(or $(N),1000000) $(if $(DIR),--dir $(DIR))

# The console in Debian's Chromium: the story, then every screen; SALURAN_SCREENS=FOLDER
# keeps pictures.
web-check: build
	@$(PREREQS) "$${PREREQS_CHECK[@]}"
	@tools/web_parts.sh --tests
	@web/node_modules/.bin/tsc -p web
	@SALURAN_WEB=full meson test -C build --no-rebuild --suite web --timeout-multiplier 6 \
		--print-errorlogs

# docs/screens: a picture of every screen, of a run of the story.
web-screens: build
	@$(PREREQS) "$${PREREQS_CHECK[@]}" pngquant
	@tools/web_parts.sh --tests
	@rm -rf build/screens
	@SALURAN_SCREENS=$(CURDIR)/build/screens SALURAN_SCREENS_HEIGHT=1500 SALURAN_MATRIX=once \
		SALURAN_BIN=$(CURDIR)/build/src/main/saluran tests/web/test_console.py story work acts account frozen matrix
	@SALURAN_SCREENS=$(CURDIR)/build/screens SALURAN_SCREENS_HEIGHT=1500 \
		SALURAN_BIN=$(CURDIR)/build/src/main/saluran tests/web/test_first_run.py
	@SALURAN_SCREENS=$(CURDIR)/build/screens SALURAN_SCREENS_HEIGHT=1500 SALURAN_MATRIX=once \
		SALURAN_TEST_DATA=$${SALURAN_TEST_DATA:-$(CURDIR)/../shared/data} \
		SALURAN_BIN=$(CURDIR)/build/src/main/saluran tests/web/test_pages.py
	@tools/web_screens.py build/screens

format:
	@git ls-files -co --exclude-standard '*.c' '*.h' | xargs clang-format-14 -i

clean:
	@rm -rf build build-release build-fuzz build-check
