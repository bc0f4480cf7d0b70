// A folder in which a long analysis keeps the parts that it has finished, so that an interrupted
// run continues where it stopped.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "common/runtime.hpp"

namespace aqua::tools {

/// Files are named by what is in them: "KIND-DIGEST.SUFFIX", where DIGEST is that of a text that
/// says everything on which the content depends. So a part is taken up again exactly when it would
/// be computed the same, and one folder can serve several runs. Files appear whole or not at all.
class WorkFolder {
 public:
  /// Empty: nothing is kept. Otherwise the folder is made if it is not there, and has to be
  /// writable (FormatError). `runtime` must outlive this.
  WorkFolder(std::filesystem::path folder, const Runtime& runtime);

  bool keeps() const { return !folder_.empty(); }
  /// Where a part stands or is to be written. `kind` says which part of its run it is, and is made
  /// harmless for a file name. The digest is that of `description`, of the tool's version and of
  /// the kernels, which the runtime knows once the model is loaded.
  std::filesystem::path file(std::string_view kind, std::string_view description,
                             std::string_view suffix) const;
  /// Whether the part `file` is there, with a note on stderr: that `what` ("fit on en") is taken
  /// from it, or, when only other requests left such a part, that theirs does not serve.
  bool offers(const std::filesystem::path& file, std::string_view what) const;

 private:
  bool has_one_like(const std::filesystem::path& file) const;

  std::filesystem::path folder_;
  const Runtime& runtime_;
};

}  // namespace aqua::tools
