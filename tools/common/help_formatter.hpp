// Help texts that fit 80 columns, with every default stated.
#pragma once

#include <memory>

namespace CLI {
class FormatterBase;
}

namespace aqua::tools {

std::shared_ptr<CLI::FormatterBase> make_help_formatter();

}  // namespace aqua::tools
