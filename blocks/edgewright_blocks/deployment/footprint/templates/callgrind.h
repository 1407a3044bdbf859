// SPDX-License-Identifier: 0BSD
// This machine under valgrind --tool=callgrind, which writes what it counted when it is asked to.
#include <stdio.h>
#include <valgrind/callgrind.h>

namespace {

template <class Work>
void count(char what, int32_t last, Work work) {
    char text[32];
    snprintf(text, sizeof text, "%c %d", what, static_cast<int>(last));
    CALLGRIND_ZERO_STATS;
    work();
    CALLGRIND_DUMP_STATS_AT(text);
}

// Not measured here: a computer's stack is large.
template <class Work>
void deepest(Work) {}

}  // namespace

#define EW_MAIN      \
    int main() {     \
        count_all(); \
        return 0;    \
    }
