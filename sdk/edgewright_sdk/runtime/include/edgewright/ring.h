// SPDX-License-Identifier: Apache-2.0
// A ring of rows that gives a window every `stride` rows. The memory is the caller's.
#ifndef EDGEWRIGHT_RING_H
#define EDGEWRIGHT_RING_H

#include "edgewright/node.h"

namespace EW_NS {

struct ew_ring {
    float* rows;       // [length][axes]
    int32_t length;    // rows of a window
    int32_t axes;
    int32_t stride;    // rows from one window to the next
    int32_t* next;     // where the next row goes; 0 at the start
    int32_t* missing;  // rows until the next window is complete; `length` at the start
};

// Take up to `count` rows, stopping when a window is complete (`*missing` is then 0). Returns how many were taken.
size_t ew_ring_push(const ew_ring& ring, const float* samples, size_t count);

// Copy the complete window, oldest row first, and count the rows to the one after.
void ew_ring_window(const ew_ring& ring, float* window);

}  // namespace EW_NS

#endif
