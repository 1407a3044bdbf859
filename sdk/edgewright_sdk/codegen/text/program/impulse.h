// SPDX-License-Identifier: 0BSD
// Generated from build @build_id@: the package's names, as the program calls them.
#pragma once
#include "src/@n@.h"

#define IMPULSE_IMAGE @image@
#define IMPULSE_CHANNELS @channels@  // of pictures
#define IMPULSE_ARENA_BYTES @N@_ARENA_BYTES
#define IMPULSE_SELFTEST @selftest@

namespace impulse {

using model = @n@_model;
using result = @n@_result;
using output = @n@_output;

constexpr int32_t ok = @N@_OK, more = @N@_MORE;
constexpr int32_t anomaly = @N@_ANOMALY, classification = @N@_CLASSIFICATION;
constexpr int32_t outputs = @N@_OUTPUTS;
constexpr int32_t window_values = @N@_WINDOW_VALUES;
constexpr double frequency = @frequency@;  // Hz; 0 where the impulse's data have no rate

inline constexpr auto& init = @n@_init;
inline constexpr auto& run = @n@_run;
inline constexpr auto& label = @n@_label;
inline constexpr auto& build_id = @n@_build_id;
inline constexpr auto& axis_name = @n@_axis_name;
inline constexpr auto& output_name = @n@_output_name;
inline constexpr auto& class_label = @n@_class_label;
inline constexpr auto& contribution_label = @n@_contribution_label;
inline constexpr auto& status_text = @n@_status_text;
inline constexpr auto& get_threshold = @n@_get_threshold;
inline constexpr auto& set_threshold = @n@_set_threshold;
@kind@
// What the runner protocol tells of the model and its project; thresholds come beside it.
constexpr char title[] = @title@;
constexpr char parameters[] = @parameters@;
constexpr const char* output_kinds[] = {@kinds@};
constexpr const char* threshold_types[] = {@threshold_types@};

}  // namespace impulse
