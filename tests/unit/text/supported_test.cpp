#include "aqua/text/supported.hpp"

#include "text_test_helpers.hpp"

namespace aqua::text {
namespace {

using ::testing::Contains;

TEST(Supported, ListsTheRegistries) {
  const SupportedComponents supported = supported_components();
  EXPECT_THAT(supported.models, Contains("BPE"));
  EXPECT_THAT(supported.normalizers, Contains("NFC"));
  EXPECT_THAT(supported.pre_tokenizers, Contains("ByteLevel"));
  EXPECT_THAT(supported.post_processors, Contains("TemplateProcessing"));
  EXPECT_THAT(supported.gguf_models, ::testing::ElementsAre("gpt2", "llama"));
  EXPECT_THAT(supported.gguf_pre_tokenizers, Contains("llama-bpe"));
}

}  // namespace
}  // namespace aqua::text
