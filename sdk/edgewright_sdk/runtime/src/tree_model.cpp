// SPDX-License-Identifier: Apache-2.0
#include "edgewright/tree_model.h"

#include "edgewright/linked_output.h"
#include "edgewright/trees.h"

namespace EW_NS {

ew_status ew_tree_model(const ew_tree_model_tables& tables, void*, const ew_view* in, ew_view* out, ew_arena& scratch) {
    if (tables.outputs < 1) return ew_bad_tables;
    if (!ew_is_floats(in[0], tables.inputs)) return ew_bad_shape;
    float* const raw = ew_take<float>(scratch, tables.outputs);
    if (raw == nullptr) return ew_no_memory;
    const ew_forest forest = {tables.inputs,     tables.nodes,      tables.feature, tables.threshold, tables.left,
                              tables.right,      tables.leaf_count, tables.leaf_width, tables.leaves, tables.trees,
                              tables.roots,      tables.output,     tables.outputs, tables.base};
    const ew_status status = ew_trees(forest, ew_floats(in[0]), raw);
    if (status != ew_ok) return status;
    return ew_linked_output(tables, raw, out[0], scratch);
}

}  // namespace EW_NS
