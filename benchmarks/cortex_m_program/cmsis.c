// SPDX-License-Identifier: Apache-2.0
// The peer's transform behind two plain functions.
#include "arm_math.h"

static arm_rfft_fast_instance_f32 instance;

int cmsis_init(int length) { return arm_rfft_fast_init_f32(&instance, (uint16_t)length); }

void cmsis_rfft(float* values, float* spectrum) { arm_rfft_fast_f32(&instance, values, spectrum, 0); }
