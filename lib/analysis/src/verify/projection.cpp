#include <algorithm>
#include <cmath>

#include "aqua/core/error.hpp"
#include "aqua/projection/basis.hpp"
#include "checks.hpp"

namespace aqua::analysis {
namespace {

std::string attribute_text(const store::ProjectionFile& file, std::string_view name) {
  const auto* value = file.attribute(name);
  if (value == nullptr) return "";
  const auto* text = std::get_if<std::string>(value);
  return text != nullptr ? *text : fmt::format("{}", std::get<int64_t>(*value));
}

int64_t attribute_number(const store::ProjectionFile& file, std::string_view name) {
  const std::string text = attribute_text(file, name);
  try {
    return std::stoll(text);
  } catch (const std::exception&) {
    return 0;
  }
}

// Half a unit in the last place of 1, relative to 1.
double unit_roundoff(store::MapType type) {
  switch (type) {
    case store::MapType::float16:
      return 0x1p-11;
    case store::MapType::bfloat16:
      return 0x1p-8;
    default:
      return 0x1p-24;
  }
}

// P = Q + E with orthonormal Q and |E| <= u|Q| entrywise (or 2^-25 where float16 ends), so that
// ‖E‖_F <= u·√m + 2^-25·√(d·m) =: e, and ‖PᵀP − I‖_F <= 2e + e² <= 3e.
double rounding_limit(const store::ProjectionFile& file) {
  const auto columns = static_cast<double>(file.columns);
  const auto rows = static_cast<double>(file.head_dim);
  double error = unit_roundoff(file.type) * std::sqrt(columns);
  if (file.type == store::MapType::float16) error += 0x1p-25 * std::sqrt(rows * columns);
  return 3.0 * error + 1e-9;
}

Check check_known_values(const store::ProjectionFile& file) {
  const auto among = [&](std::string_view attribute,
                         std::initializer_list<std::string_view> known) {
    const std::string found = attribute_text(file, attribute);
    if (std::ranges::find(known, found) != known.end()) return std::string();
    std::string names;
    for (const std::string_view value : known) {
      names += fmt::format("{}{}", names.empty() ? "" : ", ", value);
    }
    return fmt::format("{}: expected one of {}, found \"{}\"", attribute, names, found);
  };
  std::string sentence = among("rope_layout", {"half", "interleaved", "none"});
  if (sentence.empty()) sentence = among("site", {"post_rope", "pre_rope"});
  const auto methods = projection::basis_methods();
  const std::string method = attribute_text(file, "method");
  const auto known = std::ranges::find(methods, method, &projection::BasisMethod::name);
  if (sentence.empty() && known == methods.end()) {
    sentence = fmt::format("method: expected one that this version knows, found \"{}\"", method);
  }
  if (sentence.empty()) {
    const std::string_view convention = known->orthogonal ? "q @ P" : "q @ P_query, k @ P_key";
    if (attribute_text(file, "convention") != convention) {
      sentence = fmt::format("convention: expected \"{}\" for the method {}, found \"{}\"",
                             convention, method, attribute_text(file, "convention"));
    }
    for (const store::ProjectionLayer& layer : file.layers) {
      if (!sentence.empty() || layer.key_map.empty() == known->orthogonal) continue;
      sentence = fmt::format("layer {}: expected {} for the method {}, found {}", layer.layer.value,
                             known->orthogonal ? "one map" : "two maps", method,
                             known->orthogonal ? "two" : "one");
    }
  }
  return verify::check_of("known", "names of this version", std::move(sentence));
}

Check check_orthogonality(const store::ProjectionFile& file) {
  verify::Worst worst("orthogonal", rounding_limit(file));
  for (const store::ProjectionLayer& layer : file.layers) {
    if (!layer.key_map.empty()) {
      return {.name = "orthogonal",
              .verdict = Verdict::skipped,
              .found = "two maps: not meant to be",
              .expected = "-",
              .sentence = {}};
    }
    const int64_t size = file.head_dim * file.columns;
    for (int64_t h = 0; h < file.kv_heads; ++h) {
      const auto map = Matrix<double>::copy_of(
          ConstMatrixView<float>(layer.query_map.data() + h * size, file.head_dim, file.columns));
      worst.see(verify::orthogonality_error(map),
                fmt::format("layer {}, KV head {}", layer.layer.value, h));
    }
  }
  return worst.check("‖PᵀP−I‖");
}

Check check_order(const store::ProjectionFile& file) {
  std::string sentence;
  bool any = false;
  for (const store::ProjectionLayer& layer : file.layers) {
    if (layer.singular_values.empty()) continue;
    any = true;
    for (int64_t h = 0; h < file.kv_heads; ++h) {
      const auto values = std::span(layer.singular_values)
                              .subspan(static_cast<std::size_t>(h * file.columns),
                                       static_cast<std::size_t>(file.columns));
      verify::see_order(values, fmt::format("layer {}, KV head {}", layer.layer.value, h),
                        sentence);
    }
  }
  Check check = verify::check_of("falling", "falling, none negative", std::move(sentence));
  if (!any) {
    check.verdict = Verdict::skipped;
    check.found = "the file has none";
  }
  return check;
}

}  // namespace

std::vector<Check> verify_projection(const store::ProjectionFile& file) {
  const std::string digest = attribute_text(file, "base_model_sha256");
  std::string sentence;
  if (!verify::is_digest(digest)) {
    sentence =
        fmt::format("base_model_sha256: expected a sha256 of 64 digits, found \"{}\"", digest);
  }
  return {check_known_values(file), check_orthogonality(file), check_order(file),
          verify::check_of("digests", "64 hexadecimal digits", std::move(sentence))};
}

capture::ModelFacts model_of(const store::ProjectionFile& file) {
  capture::ModelFacts model;
  model.name = attribute_text(file, "base_model");
  model.sha256 = attribute_text(file, "base_model_sha256");
  model.layers = attribute_number(file, "num_hidden_layers");
  model.heads = {.query_heads = attribute_number(file, "num_attention_heads"),
                 .kv_heads = file.kv_heads,
                 .head_dim = file.head_dim};
  for (const auto layout :
       {capture::RopeLayout::none, capture::RopeLayout::half, capture::RopeLayout::interleaved}) {
    if (capture::name(layout) == attribute_text(file, "rope_layout")) model.rope_layout = layout;
  }
  return model;
}

std::vector<Check> verify_model(const capture::ModelFacts& expected,
                                const capture::ModelFacts& found) {
  const auto layout = [](const capture::ModelFacts& model) {
    return fmt::format("{} layers, {}/{} heads, d {}", model.layers, model.heads.query_heads,
                       model.heads.kv_heads, model.heads.head_dim);
  };
  const auto compare = [](std::string name, const std::string& what, const std::string& wanted,
                          const std::string& has) {
    Check check = verify::check_of(std::move(name), wanted, "");
    check.found = has;
    if (wanted != has) {
      check.verdict = Verdict::fails;
      check.sentence = fmt::format("model: expected {} {}, found {}", what, wanted, has);
    }
    return check;
  };
  return {compare("model weights", "sha256", expected.sha256, found.sha256),
          compare("model heads", "a layout of", layout(expected), layout(found)),
          compare("model layout", "rope_layout", std::string(capture::name(expected.rope_layout)),
                  std::string(capture::name(found.rope_layout)))};
}

}  // namespace aqua::analysis
