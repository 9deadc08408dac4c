# Two commands do all: `make run` and `make test`. Each installs the packages it needs (Debian 12).

JOBS ?= 2
.PHONY: run build test test-peers test-deploy package bench format lint packages packages-test packages-peers packages-deploy clean

run: build ## Build, start holterd with a local peer and declared sessions, show them beating (DURATION=20 ends by itself)
	@DURATION="$(DURATION)" scripts/run-demo.sh

build: packages ## Leave build/holterd and build/holter
	cmake --preset release -DHOLTER_BUILD_TESTS=OFF >/dev/null
	cmake --build --preset release -j $(JOBS) --target holterd holter

test: packages-test ## Build everything and run every test
	cmake --preset release -DHOLTER_BUILD_TESTS=ON >/dev/null
	cmake --build --preset release -j $(JOBS)
	ctest --preset release -j $(JOBS)

test-peers: packages-peers ## Hold sessions with every server that nobody here wrote, each in its own heartbeat dialect
	cmake --preset release -DHOLTER_BUILD_TESTS=ON >/dev/null
	cmake --build --preset release -j $(JOBS) --target holterd holter
	ctest --preset peers -j $(JOBS)

test-deploy: packages-deploy ## Run what is deployed against the real tools, and as it is deployed: Prometheus, containers, a machine for the .deb
	cmake --preset release -DHOLTER_BUILD_TESTS=ON >/dev/null
	cmake --build --preset release -j $(JOBS) --target holterd holter
	ctest --preset deploy

package: build ## Make build/packages/holter_VERSION_amd64.deb
	@scripts/install-packages.sh package
	cd build && cpack

bench: packages-test ## Measure cost beside the floor; prints the tables of docs/performance.md
	cmake --preset bench >/dev/null
	cmake --build --preset bench -j $(JOBS)
	tests/bench/run.sh build

format: packages-test ## Format every source in place
	scripts/format.sh --in-place

lint: packages-test ## Format check, clang-tidy, buf
	scripts/format.sh --check
	scripts/lint.sh

packages:
	@scripts/install-packages.sh run

packages-test:
	@scripts/install-packages.sh test

packages-peers:
	@scripts/install-packages.sh peers

packages-deploy:
	@scripts/install-packages.sh deploy

clean: ## Remove what was built
	rm -rf build
