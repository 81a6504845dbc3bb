# `make demo` and `make test` need only Swift 6.3 and apt; see .ci/setup for what they install.

sources := Package.swift IR Passes Sources $(wildcard Tests) $(wildcard examples)
conformance ?= ../shared/conformance

.PHONY: setup build demo examples test lint format generate check-generated conformance

setup:
	@.ci/setup

build: setup
	swift build -c release

demo: build
	.venv/bin/python examples/digits/demo.py --coppice .build/release/coppice

examples: build
	examples/plugin-pass/run .build/release
	examples/library-pass/run

test: setup
	swift test --disable-xctest

lint:
	swift format lint --strict --recursive $(sources)

format:
	swift format --in-place --recursive $(sources)

generate: Sources/COnnx/coppice_onnx.proto
	protoc-c --proto_path=Sources/COnnx --c_out=Sources/COnnx $<
	mv Sources/COnnx/coppice_onnx.pb-c.h Sources/COnnx/include/

check-generated:
	@.ci/check-generated

conformance: build
	test -d .build/onnx-node-cases || \
	  .venv/bin/python $(conformance)/make_cases.py .build/onnx-node-cases
	ONNX_NODE_CASES=.build/onnx-node-cases .venv/bin/python $(conformance)/run.py \
	  --adapter cli --tool .build/release/coppice --out .build/conformance.json
