// SPDX-License-Identifier: Apache-2.0
// Do the inputs of a model still lie where they lay in training?
#ifndef EDGEWRIGHT_DRIFT_H
#define EDGEWRIGHT_DRIFT_H

#include "edgewright/node.h"

namespace EW_NS {

// How a node standardises: z[i] = (x[selected[i]] - mean[i]) / scale[i].
struct ew_scaler {
    const int32_t* selected;
    const float* mean;
    const float* scale;
    int32_t count;
};

// Take one window into the running means of z (`scaler.count` values, 0 at first) and return the largest of them by
// size: how many standard deviations of training the inputs have moved. About 100 windows are averaged,
// exponentially, and a single window counts for no more than 10 deviations.
float ew_drift(const ew_scaler& scaler, const float* x, float* running);

}  // namespace EW_NS

#endif
