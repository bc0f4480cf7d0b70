#include "loops.hpp"

#define AQUA_LOOPS loops_avx512
#include "loops.inc"
