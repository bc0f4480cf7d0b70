#include "aqua/capture/event.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "aqua/core/error.hpp"

namespace aqua::capture {
namespace {

using testing::ThrowsMessage;

TEST(Site, NamesGoBothWays) {
  EXPECT_EQ(name(Site::pre_rope), "pre_rope");
  EXPECT_EQ(name(Site::post_rope), "post_rope");
  for (const Site site : {Site::pre_rope, Site::post_rope}) {
    EXPECT_EQ(site_from_name(name(site)), site);
  }
  EXPECT_THAT([] { site_from_name("both"); },
              ThrowsMessage<FormatError>("site: expected pre_rope or post_rope, found \"both\""));
}

TEST(RopeLayout, NamesGoBothWays) {
  EXPECT_EQ(name(RopeLayout::none), "none");
  EXPECT_EQ(name(RopeLayout::half), "half");
  EXPECT_EQ(name(RopeLayout::interleaved), "interleaved");
  for (const auto layout : {RopeLayout::none, RopeLayout::half, RopeLayout::interleaved}) {
    EXPECT_EQ(rope_layout_from_name(name(layout)), layout);
  }
  EXPECT_THAT(
      [] { rope_layout_from_name(""); },
      ThrowsMessage<FormatError>("rope_layout: expected none, half or interleaved, found \"\""));
}

}  // namespace
}  // namespace aqua::capture
