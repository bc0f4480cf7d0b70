#pragma once

namespace aqua {

/// "0.1.0", from the build system.
const char* version();

}  // namespace aqua
