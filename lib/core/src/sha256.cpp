#include "aqua/core/sha256.hpp"

#include <openssl/evp.h>

#include <fmt/ranges.h>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <vector>

#include "aqua/core/error.hpp"

namespace aqua {

struct Sha256::State {
  std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context{EVP_MD_CTX_new(),
                                                                  &EVP_MD_CTX_free};
};

Sha256::Sha256() : state_(std::make_unique<State>()) {
  if (!state_->context || EVP_DigestInit_ex(state_->context.get(), EVP_sha256(), nullptr) != 1) {
    throw Error("the cryptographic library offers no SHA-256");
  }
}

Sha256::~Sha256() = default;

void Sha256::update(std::span<const std::byte> bytes) {
  EVP_DigestUpdate(state_->context.get(), bytes.data(), bytes.size());
}

void Sha256::update(std::string_view text) { update(std::as_bytes(std::span(text))); }

std::string Sha256::finish() {
  std::array<unsigned char, 32> digest{};
  unsigned int length = 0;
  EVP_DigestFinal_ex(state_->context.get(), digest.data(), &length);
  return fmt::format("{:02x}", fmt::join(digest, ""));
}

std::string sha256_of_file(const std::filesystem::path& path, const CancelToken& cancel) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"),
                                                             &std::fclose);
  if (!file) fail<FormatError>("{}: cannot be opened: {}", path.string(), std::strerror(errno));
  Sha256 hash;
  std::vector<std::byte> buffer(1 << 20);
  while (const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), file.get())) {
    cancel.check();
    hash.update({buffer.data(), got});
  }
  if (std::ferror(file.get()) != 0) fail<FormatError>("{}: cannot be read", path.string());
  return hash.finish();
}

}  // namespace aqua
