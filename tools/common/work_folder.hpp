// A folder in which a long analysis keeps the parts that it has finished, so that an interrupted
// run continues where it stopped.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace aqua::tools {

/// Files are named by what is in them: "KIND-DIGEST.SUFFIX", where DIGEST is that of a text that
/// says everything on which the content depends. So a part is taken up again exactly when it would
/// be computed the same, and one folder can serve several runs. Files appear whole or not at all.
class WorkFolder {
 public:
  /// Empty: nothing is kept. Otherwise the folder is made if it is not there, and has to be
  /// writable (FormatError).
  explicit WorkFolder(std::filesystem::path folder);

  bool keeps() const { return !folder_.empty(); }
  /// Where a part stands or is to be written. `kind` is made harmless for a file name.
  std::filesystem::path file(std::string_view kind, std::string_view description,
                             std::string_view suffix) const;
  bool has(const std::filesystem::path& file) const;

 private:
  std::filesystem::path folder_;
};

}  // namespace aqua::tools
