#include "aqua/capture/event.hpp"

#include "aqua/core/error.hpp"

namespace aqua::capture {

std::string_view name(Site site) { return site == Site::pre_rope ? "pre_rope" : "post_rope"; }

Site site_from_name(std::string_view text) {
  if (text == "pre_rope") return Site::pre_rope;
  if (text == "post_rope") return Site::post_rope;
  fail<FormatError>("site: expected pre_rope or post_rope, found \"{}\"", text);
}

std::string_view name(RopeLayout layout) {
  switch (layout) {
    case RopeLayout::none:
      return "none";
    case RopeLayout::half:
      return "half";
    case RopeLayout::interleaved:
      return "interleaved";
  }
  return "none";
}

RopeLayout rope_layout_from_name(std::string_view text) {
  for (const auto layout : {RopeLayout::none, RopeLayout::half, RopeLayout::interleaved}) {
    if (text == name(layout)) return layout;
  }
  fail<FormatError>("rope_layout: expected none, half or interleaved, found \"{}\"", text);
}

}  // namespace aqua::capture
