// SPDX-License-Identifier: Apache-2.0
#include "edgewright/ring.h"

namespace EW_NS {

size_t ew_ring_push(const ew_ring& ring, const float* samples, size_t count) {
    const size_t row_bytes = sizeof(float) * static_cast<size_t>(ring.axes);
    size_t taken = 0;
    while (taken < count && *ring.missing > 0) {
        memcpy(ring.rows + *ring.next * ring.axes, samples + taken * static_cast<size_t>(ring.axes), row_bytes);
        *ring.next = *ring.next + 1 == ring.length ? 0 : *ring.next + 1;
        --*ring.missing;
        ++taken;
    }
    return taken;
}

void ew_ring_window(const ew_ring& ring, float* window) {
    const int32_t older = ring.length - *ring.next;
    const size_t row_bytes = sizeof(float) * static_cast<size_t>(ring.axes);
    memcpy(window, ring.rows + *ring.next * ring.axes, row_bytes * static_cast<size_t>(older));
    memcpy(window + older * ring.axes, ring.rows, row_bytes * static_cast<size_t>(*ring.next));
    *ring.missing = ring.stride;
}

}  // namespace EW_NS
