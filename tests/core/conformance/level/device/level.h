#pragma once
#include "edgewright/node.h"

namespace EW_NS {

struct level_tables {
    float gain;
    int32_t peak;
    int32_t power;
};

ew_status level(const level_tables& tables, void* state, const ew_view* in, ew_view* out, ew_arena& scratch);

}  // namespace EW_NS
