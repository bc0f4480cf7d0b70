#include "loops.hpp"

#define AQUA_LOOPS loops_avx2
#include "loops.inc"

#include "decode_loops.hpp"

#define AQUA_DECODE_LOOPS decode_loops_avx2
#include "decode_loops.inc"
