// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/network_model_int8.h"
