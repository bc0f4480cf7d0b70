#include "loops.hpp"

#define AQUA_LOOPS loops_avx2
#include "loops.inc"
