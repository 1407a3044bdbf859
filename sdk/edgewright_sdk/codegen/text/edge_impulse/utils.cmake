# SPDX-License-Identifier: 0BSD
# Macros that build files for Edge Impulse's C++ library call to find its sources.

macro(RECURSIVE_FIND_FILE return_list directory pattern)
  file(GLOB_RECURSE ${return_list} ${directory}/${pattern})
endmacro()

macro(RECURSIVE_FIND_FILE_APPEND return_list directory pattern)
  file(GLOB_RECURSE _edgewright_found ${directory}/${pattern})
  list(APPEND ${return_list} ${_edgewright_found})
endmacro()

macro(RECURSIVE_FIND_FILE_EXCLUDE_DIR return_list directory excluded pattern)
  file(GLOB_RECURSE _edgewright_found ${directory}/${pattern})
  list(FILTER _edgewright_found EXCLUDE REGEX "/${excluded}/")
  list(APPEND ${return_list} ${_edgewright_found})
endmacro()
