#include "loops.hpp"

#define AQUA_LOOPS loops_baseline
#include "loops.inc"
