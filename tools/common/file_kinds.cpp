#include "common/file_kinds.hpp"

#include <fstream>

namespace aqua::tools {

bool is_json_object(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  char first = 0;
  return file >> first && first == '{';
}

}  // namespace aqua::tools
