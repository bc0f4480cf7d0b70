#include "loops.hpp"

#define AQUA_LOOPS loops_baseline
#include "loops.inc"

#include "decode_loops.hpp"

#define AQUA_DECODE_LOOPS decode_loops_baseline
#include "decode_loops.inc"
