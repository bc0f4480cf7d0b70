#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <map>

#include "aqua/core/checked.hpp"
#include "named_tensors.hpp"
#include "types.hpp"

namespace aqua::exporter {
namespace {

using formats::Tensor;
using store::ProjectionFile;

std::string file_name(const formats::TensorFile& file) { return file.files().front().string(); }

class Reader {
 public:
  Reader(const formats::TensorFile& file, Attributes attributes, const NamingScheme& scheme)
      : file_(file), scheme_(scheme) {
    result_.attributes = std::move(attributes);
  }

  ProjectionFile read() {
    const std::string format = text("format");
    if (format != "aqua-projection") {
      fail<FormatError>("{}: \"format\": expected aqua-projection, found \"{}\"", file_name(file_),
                        format);
    }
    if (const int64_t version = number("format_version"); version != 1) {
      fail<FormatError>("{}: \"format_version\": expected 1, found {}", file_name(file_), version);
    }
    result_.kv_heads = positive("num_key_value_heads");
    result_.head_dim = positive("head_dim");
    result_.columns = result_.head_dim;
    if (result_.attribute("stored_dims") != nullptr) {
      result_.columns = positive("stored_dims");
      if (result_.columns > result_.head_dim) {
        fail<FormatError>("{}: \"stored_dims\": expected at most head_dim, {}, found {}",
                          file_name(file_), result_.head_dim, result_.columns);
      }
    }
    const int64_t layers = positive("num_hidden_layers");
    std::map<LayerIndex, bool> found;
    for (const std::string& name : file_.names()) found[layer_of(name, layers)] = true;
    if (found.empty()) fail<FormatError>("{}: expected projections, found none", file_name(file_));
    for (const auto& [layer, present] : found) result_.layers.push_back(read_layer(layer));
    return std::move(result_);
  }

 private:
  const ProjectionFile::Value& attribute(std::string_view name) const {
    const ProjectionFile::Value* value = result_.attribute(name);
    if (value == nullptr) fail<FormatError>("{}: \"{}\" is missing", file_name(file_), name);
    return *value;
  }
  std::string text(std::string_view name) const {
    const auto* value = std::get_if<std::string>(&attribute(name));
    if (value == nullptr) fail<FormatError>("{}: \"{}\": expected a text", file_name(file_), name);
    return *value;
  }
  /// An integer, or a text that is one: safetensors metadata holds texts only.
  int64_t number(std::string_view name) const {
    const ProjectionFile::Value& value = attribute(name);
    if (const auto* held = std::get_if<int64_t>(&value)) return *held;
    const auto& digits = std::get<std::string>(value);
    int64_t parsed = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), parsed);
    if (error != std::errc() || end != digits.data() + digits.size()) {
      fail<FormatError>("{}: \"{}\": expected an integer, found \"{}\"", file_name(file_), name,
                        digits);
    }
    return parsed;
  }
  int64_t positive(std::string_view name) const {
    const int64_t value = number(name);
    if (value < 1) {
      fail<FormatError>("{}: \"{}\": expected at least 1, found {}", file_name(file_), name, value);
    }
    return value;
  }

  LayerIndex layer_of(const std::string& name, int64_t layers) const {
    int32_t layer = -1;
    std::string_view rest = name;
    if (rest.starts_with(scheme_.before)) {
      rest.remove_prefix(scheme_.before.size());
      const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), layer);
      if (error != std::errc()) layer = -1;
    }
    const auto roles = {scheme_.projection, scheme_.query_projection, scheme_.key_projection,
                        scheme_.singular_values, scheme_.kept};
    const bool known = layer >= 0 && layer < layers && std::ranges::any_of(roles, [&](auto role) {
                         return name == name_of({layer}, role);
                       });
    if (!known) {
      fail<FormatError>("{}: \"{}\": expected arrays like \"{}\", of layers 0 to {}",
                        file_name(file_), name, name_of({0}, scheme_.projection), layers - 1);
    }
    return {layer};
  }
  std::string name_of(LayerIndex layer, std::string_view role) const {
    return fmt::format("{}{}{}{}{}", scheme_.before, layer.value, scheme_.between, role,
                       scheme_.after);
  }

  store::ProjectionLayer read_layer(LayerIndex layer) {
    store::ProjectionLayer maps;
    maps.layer = layer;
    const bool two_maps = file_.find(name_of(layer, scheme_.query_projection)) != nullptr ||
                          file_.find(name_of(layer, scheme_.key_projection)) != nullptr;
    if (two_maps) {
      if (file_.find(name_of(layer, scheme_.projection)) != nullptr) {
        fail<FormatError>("{}: \"{}\": expected one map or two, found three", file_name(file_),
                          name_of(layer, scheme_.projection));
      }
      maps.query_map = read_map(name_of(layer, scheme_.query_projection));
      maps.key_map = read_map(name_of(layer, scheme_.key_projection));
    } else {
      maps.query_map = read_map(name_of(layer, scheme_.projection));
    }
    if (const auto name = name_of(layer, scheme_.singular_values); file_.find(name) != nullptr) {
      maps.singular_values = floats(
          formats::require(file_, name, std::vector<int64_t>{result_.kv_heads, result_.columns}));
    }
    if (const auto name = name_of(layer, scheme_.kept); file_.find(name) != nullptr) {
      maps.kept = kept(formats::require(file_, name, std::vector<int64_t>{result_.kv_heads}));
    }
    return maps;
  }

  std::vector<float> read_map(const std::string& name) {
    const Tensor& tensor = formats::require(
        file_, name, std::vector<int64_t>{result_.kv_heads, result_.head_dim, result_.columns});
    for (const auto type :
         {store::MapType::float32, store::MapType::float16, store::MapType::bfloat16}) {
      if (dtype_of(type) != tensor.dtype) continue;
      if (has_type_ && result_.type != type) {
        fail<FormatError>("{}: \"{}\": expected {} as in the other maps, found {}", tensor.file,
                          name, store::name(result_.type), store::name(type));
      }
      has_type_ = true;
      result_.type = type;
      return floats(tensor);
    }
    fail<FormatError>("{}: \"{}\": expected F32, F16 or BF16, found {}", tensor.file, name,
                      formats::name(tensor.dtype));
  }
  static std::vector<float> floats(const Tensor& tensor) {
    std::vector<float> values(
        static_cast<std::size_t>(checked_elements(tensor.shape, tensor.name)));
    formats::to_float32(tensor.dtype, tensor.bytes, values);
    for (const float value : values) {
      if (!std::isfinite(value)) {
        fail<FormatError>("{}: \"{}\": expected finite numbers, found {}", tensor.file, tensor.name,
                          value);
      }
    }
    return values;
  }
  std::vector<int32_t> kept(const Tensor& tensor) const {
    if (tensor.dtype != formats::DType::i32) {
      fail<FormatError>("{}: \"{}\": expected I32, found {}", tensor.file, tensor.name,
                        formats::name(tensor.dtype));
    }
    std::vector<int32_t> values(static_cast<std::size_t>(result_.kv_heads));
    std::memcpy(values.data(), tensor.bytes.data(), tensor.bytes.size());
    for (const int32_t k : values) {
      if (k < 1 || k > result_.columns) {
        fail<FormatError>("{}: \"{}\": expected 1 to {} kept dimensions, found {}", tensor.file,
                          tensor.name, result_.columns, k);
      }
    }
    return values;
  }

  const formats::TensorFile& file_;
  const NamingScheme& scheme_;
  ProjectionFile result_;
  bool has_type_ = false;
};

}  // namespace

ProjectionFile from_tensors(const formats::TensorFile& file, Attributes attributes,
                            const NamingScheme& scheme) {
  return Reader(file, std::move(attributes), scheme).read();
}

}  // namespace aqua::exporter
