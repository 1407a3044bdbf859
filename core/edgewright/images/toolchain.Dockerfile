# edgewright/toolchain: base, a C++ compiler for every target and a wasm engine for self-tests.
FROM edgewright/base
RUN python3 -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
    --constraint /opt/edgewright/constraints.txt ziglang wasmtime
