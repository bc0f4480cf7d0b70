#include "common/output.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "aqua/core/atomic_file.hpp"
#include "aqua/core/error.hpp"

namespace aqua::tools {

void print_result(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      fail<FormatError>("standard output: cannot be written: {}", std::strerror(errno));
    }
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void write_text(const std::filesystem::path& path, std::string_view text) {
  if (path == "-") return print_result(text);
  AtomicFile file(path);
  file.write(text);
  file.commit();
}

void print_forms(const CommonOptions& common, const std::string& csv, const Forms& forms) {
  if (!csv.empty()) write_text(csv, forms.csv());
  if (common.json) {
    print_result(forms.json());
  } else if (csv != "-") {
    print_result(forms.text());
  }
}

void require_writable(const std::filesystem::path& path) { const AtomicFile probe(path); }

}  // namespace aqua::tools
