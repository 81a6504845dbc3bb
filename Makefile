# `make demo` and `make test` need only Swift 6.3 and apt; see .ci/setup for what they install.

sources := Package.swift IR Passes Sources $(wildcard Tests) $(wildcard examples)

.PHONY: setup build demo examples loop test lint format generate check-generated conformance differential structures generated-c misra firmware benchmarks networks scaling fuzz install check-install traditional fit-costs

setup:
	@.ci/setup

build: setup
	swift build -c release --build-tests --explicit-target-dependency-import-check error

demo: build
	.venv/bin/python examples/digits/demo.py --coppice .build/release/coppice

examples: build
	examples/plugin-pass/run .build/release
	examples/library-pass/run
	COPPICE=$(CURDIR)/.build/release/coppice examples/recorder/run
	.venv/bin/python examples/loop/run.py --coppice .build/release/coppice --small

# Every figure and number of the pruning guide; minutes.
loop: build
	.venv/bin/python examples/loop/run.py --coppice .build/release/coppice --jobs 2

test: build
	swift test -c release --skip-build --disable-xctest

lint:
	swift format lint --strict --recursive $(sources)

format:
	swift format --in-place --recursive $(sources)

generate: Sources/COnnx/coppice_onnx.proto
	protoc-c --proto_path=Sources/COnnx --c_out=Sources/COnnx $<
	mv Sources/COnnx/coppice_onnx.pb-c.h Sources/COnnx/include/

check-generated:
	@.ci/check-generated

# ONNX's cases, then a part of them with the exact passes shuffled, and one through the interpreter; PART=0/1 for all.
conformance: build
	.venv/bin/python Tests/Conformance/run.py
	.venv/bin/python Tests/Conformance/run.py --variant plain --shuffle 1 --part $(or $(PART),3/10)
	.venv/bin/python Tests/Conformance/run.py --variant constant --interpret --part $(or $(PART),7/10)

# Random graphs against onnxruntime and ONNX's reference, then as many with narrow types, and the page of element types;
# GRAPHS=200 NARROW=100 PAIRS=5/16 for a short run.
differential: build
	.venv/bin/python Tests/Differential/run.py --graphs $(or $(GRAPHS),2000)
	.venv/bin/python Tests/Differential/run.py --narrow --graphs $(or $(NARROW),$(GRAPHS),2000)
	.venv/bin/python Tests/Differential/element_types.py --check --part $(or $(PAIRS),0/1)
	.venv/bin/python Tests/Differential/quantized.py --graphs $(or $(QUANTIZED),500)

# Filters removed against filters masked, in onnxruntime and in the C; GRAPHS=40 for a short run.
structures: build
	.venv/bin/python Tests/Structures/run.py --graphs $(or $(GRAPHS),1000) $(STRUCTURES)

# A forest of scikit-learn and an encoder with weights of 4 bits, beside onnxruntime.
traditional: build
	.venv/bin/python Tests/Traditional/forest.py
	.venv/bin/python Tests/Networks/encoder.py

# What the generated C promises, on every operator and on whole models, and random layers by every form of them;
# LAYERS=2000 EACH="--each 9 --thorough" for a long run.
generated-c: build
	.venv/bin/python Tests/GeneratedC/run.py
	.venv/bin/python Tests/GeneratedC/layers.py --layers $(or $(LAYERS),40) $(EACH)

# The rules of MISRA C:2012 that generated C breaks; needs cppcheck.
misra: build
	.venv/bin/python Tests/GeneratedC/misra.py

# Kernels on packed integers, and the MLPerf Tiny models as firmware under QEMU, which need ../shared.
firmware: build
	.venv/bin/python Tests/Firmware/integers.py --coppice .build/release/coppice --only 0 1 8 16 21 24 35 37 44 48 52 --count 53
	@if [ -d ../shared/models/mlperf-tiny ]; then \
	  .venv/bin/python Tests/Firmware/mlperf.py --coppice .build/release/coppice \
	    --models ../shared/models/mlperf-tiny --pruned && \
	  .venv/bin/python Tests/Firmware/floats.py --coppice .build/release/coppice --count 6 && \
	  .venv/bin/python Tests/Firmware/cores.py --coppice .build/release/coppice; \
	else echo "skipped: the MLPerf Tiny models are not beside the project"; fi

# How time, memory and C grow with a model, up to 100,000 nodes.
scaling: build
	.venv/bin/python Tests/Scaling/scaling.py --large

# Paired timing against onnxruntime, and the compiler's own cost.
benchmarks: build
	.venv/bin/python Tests/Benchmarks/host_models.py
	.venv/bin/python Tests/Benchmarks/host_sparse_layer.py
	.venv/bin/python Tests/Benchmarks/compiler.py

# Measures layers, fits what the steps of kernels take, and writes the target's file; TARGET=cortex-m4 for the other. Some minutes.
fit-costs: build
	.venv/bin/python Tests/Benchmarks/fit_costs.py --target $(or $(TARGET),x86-64) --write

# Exported networks against onnxruntime; Tests/Networks/export.py writes them to a folder.
networks: build
	.venv/bin/python Tests/Networks/check.py $(NETWORKS)

# Coverage-guided fuzzing, TIME seconds for each target; see CONTRIBUTING.md.
TIME ?= 60
fuzz:
	Tests/Fuzz/run $(TIME) $(TARGETS)

# bin/coppice with Swift's runtime and libprotobuf-c linked in, completions and man page; minutes.
PREFIX ?= /usr/local
install:
	@.ci/install "$(PREFIX)"

# Installs into a fresh folder and runs the result where neither Swift nor protobuf-c are.
check-install:
	Tests/Install/run
