#include "first_bytes.hpp"

#include <fstream>
#include <string>

namespace aqua::exporter {

bool starts_with(const std::filesystem::path& path, std::string_view bytes) {
  std::string start(bytes.size(), '\0');
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), static_cast<std::streamsize>(start.size()));
  return file && start == bytes;
}

}  // namespace aqua::exporter
