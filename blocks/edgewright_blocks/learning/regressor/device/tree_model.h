// SPDX-License-Identifier: Apache-2.0
#pragma once
#include "edgewright/tree_model.h"
