#include <array>
#include <fstream>

#include "aqua/core/error.hpp"
#include "aqua/formats/npz.hpp"
#include "npy.hpp"
#include "zip_library.hpp"

namespace aqua::formats {
namespace {

namespace fs = std::filesystem;

// Larger than any array of ours; bounds what a small compressed member can become.
constexpr std::size_t most_bytes = std::size_t{1} << 31U;

class NpzInMemory final : public NpzFile {
 public:
  explicit NpzInMemory(const fs::path& path) : path_(path), files_{path} {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_file_create(path.c_str(), 0, -1, &error);
    const zip::Archive archive(
        source == nullptr ? nullptr
                          : zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error));
    if (!archive) {
      const std::string reason = zip_error_strerror(&error);
      zip_error_fini(&error);
      zip_source_free(source);
      fail<FormatError>("{}: cannot be read as a zip archive: {}", path.string(), reason);
    }
    zip_error_fini(&error);
    const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
    for (zip_uint64_t i = 0; i < count; ++i) add(archive.get(), i);
  }

  const Tensor* find(std::string_view name) const override {
    const auto found = tensors_.find(name);
    return found == tensors_.end() ? nullptr : &found->second;
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const auto& [name, tensor] : tensors_) result.push_back(name);
    return result;
  }
  const std::map<std::string, std::string>& metadata() const override { return texts_; }
  const std::map<std::string, NpzScalar, std::less<>>& scalars() const override { return scalars_; }
  std::vector<fs::path> files() const override { return files_; }
  void release(const Tensor&) const override {}

 private:
  void add(zip_t* archive, zip_uint64_t index) {
    const char* listed = zip_get_name(archive, index, 0);
    std::string name = listed == nullptr ? "" : listed;
    if (!name.ends_with(".npy")) {
      fail<FormatError>("{}: \"{}\": expected a member that ends in .npy", path_.string(), name);
    }
    name.resize(name.size() - 4);
    const std::string context = fmt::format("{}: \"{}\"", path_.string(), name);
    const std::vector<std::byte>& bytes = *members_.emplace_back(
        std::make_unique<std::vector<std::byte>>(read_member(archive, index, context)));
    auto held = npy::parse(bytes, context);
    if (tensors_.contains(name) || scalars_.contains(name)) {
      fail<FormatError>("{} appears twice", context);
    }
    if (auto* tensor = std::get_if<Tensor>(&held)) {
      tensor->name = name;
      tensor->file = path_.string();
      tensors_.emplace(std::move(name), std::move(*tensor));
      return;
    }
    const auto& scalar = std::get<NpzScalar>(held);
    if (const auto* text = std::get_if<std::string>(&scalar)) texts_.emplace(name, *text);
    scalars_.emplace(std::move(name), scalar);
  }

  // libzip compares the checksum at the end of the data.
  static std::vector<std::byte> read_member(zip_t* archive, zip_uint64_t index,
                                            const std::string& context) {
    const zip::Member member(zip_fopen_index(archive, index, 0));
    if (!member) fail<FormatError>("{}: cannot be read: {}", context, zip_strerror(archive));
    std::vector<std::byte> bytes;
    std::array<std::byte, 1U << 16U> block{};
    while (true) {
      const zip_int64_t count = zip_fread(member.get(), block.data(), block.size());
      if (count < 0) {
        fail<FormatError>("{}: cannot be read: {}", context, zip_file_strerror(member.get()));
      }
      if (count == 0) return bytes;
      bytes.insert(bytes.end(), block.begin(), block.begin() + count);
      if (bytes.size() > most_bytes) {
        fail<FormatError>("{}: expected at most {} bytes, found more", context, most_bytes);
      }
    }
  }

  fs::path path_;
  std::vector<fs::path> files_;
  std::vector<std::unique_ptr<std::vector<std::byte>>> members_;
  std::map<std::string, Tensor, std::less<>> tensors_;
  std::map<std::string, NpzScalar, std::less<>> scalars_;
  std::map<std::string, std::string> texts_;
};

}  // namespace

std::unique_ptr<NpzFile> open_npz(const fs::path& path) {
  return std::make_unique<NpzInMemory>(path);
}

bool is_zip(const fs::path& path) {
  std::array<char, 4> start{};
  std::ifstream file(path, std::ios::binary);
  file.read(start.data(), start.size());
  return file && std::string_view(start.data(), start.size()) == "PK\x03\x04";
}

}  // namespace aqua::formats
