// The archive is made in memory, because libzip wants to rename files itself.
#include <array>

#include "aqua/core/checked.hpp"
#include "aqua/formats/npz.hpp"
#include "npy.hpp"
#include "zip_library.hpp"

namespace aqua::formats {
namespace {

constexpr uint16_t first_dos_date = (1U << 5U) | 1U;  // 1980-01-01

class Writer {
 public:
  explicit Writer(AtomicFile& file) : file_(file) {
    buffer_.reset(zip_source_buffer_create(nullptr, 0, 0, nullptr));
    if (!buffer_) throw std::bad_alloc();
    zip_source_keep(buffer_.get());  // the archive takes one reference, this object keeps one
    archive_.reset(zip_open_from_source(buffer_.get(), ZIP_TRUNCATE, nullptr));
    if (!archive_) {
      zip_source_free(buffer_.get());
      throw std::bad_alloc();
    }
  }

  void add(const std::string& name, std::string member) {
    if (zip_name_locate(archive_.get(), (name + ".npy").c_str(), 0) >= 0) {
      fail<FormatError>("{}: \"{}\" appears more than once", file_.final_path().string(), name);
    }
    const std::string& kept =
        members_.emplace_back(std::make_unique<std::string>(std::move(member))).operator*();
    zip_source_t* source = zip_source_buffer(archive_.get(), kept.data(), kept.size(), 0);
    check(source != nullptr);
    const zip_int64_t index =
        zip_file_add(archive_.get(), (name + ".npy").c_str(), source, ZIP_FL_ENC_UTF_8);
    if (index < 0) zip_source_free(source);
    check(index >= 0);
    const auto place = static_cast<zip_uint64_t>(index);
    check(zip_set_file_compression(archive_.get(), place, ZIP_CM_STORE, 0) == 0);
    check(zip_file_set_dostime(archive_.get(), place, 0, first_dos_date, 0) == 0);
  }

  void finish() {
    check(zip_close(archive_.get()) == 0);
    static_cast<void>(archive_.release());
    check(zip_source_open(buffer_.get()) == 0);
    std::array<std::byte, 1U << 16U> block{};
    for (zip_int64_t count = 0;
         (count = zip_source_read(buffer_.get(), block.data(), block.size())) > 0;) {
      file_.write(std::span(block).first(static_cast<std::size_t>(count)));
    }
    zip_source_close(buffer_.get());
  }

 private:
  void check(bool success) const {
    if (success) return;
    fail<FormatError>("{}: cannot be written: {}", file_.final_path().string(),
                      archive_ ? zip_strerror(archive_.get()) : "libzip failed");
  }

  AtomicFile& file_;
  std::vector<std::unique_ptr<std::string>> members_;  // libzip reads them when it closes
  zip::Source buffer_;
  zip::Archive archive_;
};

}  // namespace

void write_npz(AtomicFile& file, std::span<const std::pair<std::string, NpzScalar>> scalars,
               std::span<const NewTensor> tensors) {
  Writer writer(file);
  for (const auto& [name, value] : scalars) writer.add(name, npy::scalar(value));
  for (const NewTensor& tensor : tensors) {
    checked_size(tensor, file.final_path());
    std::string member =
        npy::header(tensor.dtype, tensor.shape,
                    fmt::format("{}: \"{}\"", file.final_path().string(), tensor.name));
    member.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
    writer.add(tensor.name, std::move(member));
  }
  writer.finish();
}

}  // namespace aqua::formats
