# edgewright/toolchain: base, a C++ compiler for every target and a wasm engine for self-tests.
FROM edgewright/base
RUN python3 -m pip install --no-cache-dir --disable-pip-version-check --root-user-action=ignore \
    --constraint /opt/edgewright/constraints.txt ziglang wasmtime
# The compiler's own libraries, built once here; a task copies this cache to its /tmp, since zig must write to it.
ENV ZIG_GLOBAL_CACHE_DIR=/opt/edgewright/zig-cache
RUN export ZIG_LOCAL_CACHE_DIR="$ZIG_GLOBAL_CACHE_DIR" && cd /tmp \
    && echo 'extern "C" float f(float x) { return __builtin_logf(x); } int main() { return 0; }' > warm.cpp \
    && set -- python3 -m ziglang c++ -std=c++17 -fno-exceptions -fno-rtti -ffp-contract=off \
    && "$@" -O2 -nostdlib++ warm.cpp -o warm \
    && "$@" -O2 -nostdlib++ -shared -fPIC warm.cpp -o warm.so -lm \
    && for cpu in generic+simd128+bulk_memory mvp; do "$@" -O3 -s -target wasm32-freestanding -mcpu=$cpu \
        -Wl,--no-entry -Wl,--export=f warm.cpp -o warm.wasm || exit 1; done \
    && for cpu in x86_64 aarch64; do "$@" -O2 -target $cpu-linux-musl -s -static -nostdlib++ warm.cpp -o warm -lm || exit 1; done \
    && rm -f warm* && chmod -R a+rX "$ZIG_GLOBAL_CACHE_DIR"
