#include "document/variant_names.hpp"

#include <gmock/gmock.h>

namespace aqua::report::document {
namespace {

TEST(VariantNames, ComeApartIntoFamilyAndRatio) {
  const auto plain = split_ratio("aqua:k=0.5");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->family, "aqua");
  EXPECT_EQ(plain->k_ratio, 0.5);
  const auto more = split_ratio("aqua-h2o:recent=16,k=0.25,heavy=8@0-3");
  ASSERT_TRUE(more);
  EXPECT_EQ(more->family, "aqua-h2o:recent=16,heavy=8@0-3");
  EXPECT_EQ(more->k_ratio, 0.25);
}

TEST(VariantNames, StayWholeWithoutARatio) {
  for (const char* spec : {"h2o", "loki:r=0.5,top=0.25", "aqua:k=", "aqua:k=half", "aqua:k=0.5x",
                           "aqua:kk=0.5", "", ":", "x:k=inf", "x@k=0.5"}) {
    EXPECT_FALSE(split_ratio(spec)) << spec;
  }
}

}  // namespace
}  // namespace aqua::report::document
