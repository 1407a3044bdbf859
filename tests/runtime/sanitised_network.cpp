// Compiled networks under AddressSanitizer and UBSan: each array has exactly the bytes that it should, so that a read or write
// beyond any of them ends the program, and the arena holds NaN before.
//
//     sanitised_network CASES RESULTS     runs networks, writes their outputs
//     sanitised_network CASES ROUNDS SEED runs each network with damaged calls
#include <stdio.h>
#include <stdlib.h>

#include <vector>

#include "edgewright/network_int8.h"

using namespace EW_NS;

namespace {

struct header {
    int32_t length, weights, weights8, weights32, arena, first, first_bytes, last, last_bytes;
};

// As many bytes as asked for, not one more; freed at the end of a case.
template <class Value>
struct exact {
    Value* data;
    int32_t count;

    explicit exact(int32_t n) : data(static_cast<Value*>(malloc(static_cast<size_t>(n) * sizeof(Value)))), count(n) {}
    ~exact() { free(data); }
    exact(const exact&) = delete;
    exact& operator=(const exact&) = delete;

    size_t bytes() const { return static_cast<size_t>(count) * sizeof(Value); }
    void read(FILE* file) {
        if (fread(data, 1, bytes(), file) != bytes()) exit(3);
    }
};

uint32_t drawn(uint32_t& state) {
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

int32_t damaged(int32_t value, uint32_t& state) {
    const int32_t whole = static_cast<int32_t>(drawn(state));
    switch (drawn(state) % 8) {
        case 0: return INT32_MAX;
        case 1: return INT32_MIN;
        case 2: return static_cast<int32_t>(static_cast<uint32_t>(value) + 1u);
        case 3: return static_cast<int32_t>(static_cast<uint32_t>(value) - 1u);
        case 4: return static_cast<int32_t>(static_cast<uint32_t>(value) * 2u);
        case 5: return static_cast<int32_t>(drawn(state) % 64);
        case 6: return -1 - static_cast<int32_t>(drawn(state) % 4096);
        default: return whole;
    }
}

}  // namespace

int main(int count, char** arguments) {
    FILE* const cases = fopen(arguments[1], "rb");
    if (cases == nullptr) return 2;
    FILE* const results = count == 3 ? fopen(arguments[2], "wb") : nullptr;
    const int32_t rounds = count == 4 ? atoi(arguments[2]) : 1;
    uint32_t state = count == 4 ? static_cast<uint32_t>(atoi(arguments[3])) : 1u;
    int32_t refused = 0, run = 0;
    header head;
    while (fread(&head, 1, sizeof head, cases) == sizeof head) {
        exact<int32_t> calls(head.length), weights32(head.weights32);
        exact<float> weights(head.weights);
        exact<int8_t> weights8(head.weights8);
        exact<unsigned char> arena(head.arena), input(head.first_bytes);
        calls.read(cases);
        weights.read(cases);
        weights8.read(cases);
        weights32.read(cases);
        input.read(cases);
        const ew_program program = {calls.count,    calls.data,      weights.count,  weights.data, weights8.count,
                                    weights8.data,  weights32.count, weights32.data, arena.data,   arena.count,   ew_run_int8};
        for (int32_t round = 0; round < rounds; ++round) {
            memset(arena.data, 0xFF, arena.bytes());
            memcpy(arena.data + head.first, input.data, input.bytes());
            std::vector<int32_t> before(calls.data, calls.data + calls.count);
            const bool damages = results == nullptr && calls.count > 0;
            for (uint32_t changes = damages ? 1 + drawn(state) % 3 : 0; changes > 0; --changes) {
                const uint32_t place = drawn(state) % static_cast<uint32_t>(calls.count);
                calls.data[place] = damaged(calls.data[place], state);
            }
            const ew_status status = ew_run_program(program);
            refused += status == ew_bad_tables;
            ++run;
            if (status != ew_ok && (results != nullptr || status != ew_bad_tables)) return 4;
            for (int32_t i = 0; i < calls.count; ++i) calls.data[i] = before[static_cast<size_t>(i)];
        }
        if (results != nullptr) fwrite(arena.data + head.last, 1, static_cast<size_t>(head.last_bytes), results);
    }
    if (results != nullptr) fclose(results);
    printf("%d %d\n", run, refused);
    return 0;
}
