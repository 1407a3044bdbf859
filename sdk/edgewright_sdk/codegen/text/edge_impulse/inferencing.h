// SPDX-License-Identifier: 0BSD
// @title@ for Arduino sketches that were written for Edge Impulse's library.
#pragma once

#ifdef ARDUINO
#include <Arduino.h>
// Cores define these as macros, the C++ library has functions of the same names.
#undef min
#undef max
#undef round
#undef abs
#undef DEFAULT
#endif

#include "edgewright/ei_compat.h"
#include "edgewright/ei_smooth.h"
