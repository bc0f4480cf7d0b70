#include "aqua/core/provenance.hpp"

#include <gmock/gmock.h>
#include <stdlib.h>

#include "aqua/core/version.hpp"

namespace aqua {
namespace {

using testing::MatchesRegex;

TEST(ProvenanceDate, IsNowOrTheEpochOfTheEnvironment) {
  ::unsetenv("SOURCE_DATE_EPOCH");
  EXPECT_THAT(provenance_date(),
              MatchesRegex("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z"));
  ::setenv("SOURCE_DATE_EPOCH", "1700000000", 1);
  EXPECT_EQ(provenance_date(), "2023-11-14T22:13:20Z");
  ::unsetenv("SOURCE_DATE_EPOCH");
}

TEST(Version, HasThreeNumbers) { EXPECT_THAT(version(), MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+")); }

}  // namespace
}  // namespace aqua
