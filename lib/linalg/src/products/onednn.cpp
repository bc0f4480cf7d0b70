// oneDNN's matrix product (its "matmul" primitive) with a prepared right-hand side.
//
// Facts of oneDNN 2.6.3 that shape this file, found by trying all combinations:
//  - Its fast kernels ("brgemm") take any extents and any of its blocked layouts of B, but X and Y
//    must be contiguous; strided ones fall back to a reference loop, hundreds of times slower. So
//    strided operands, and the last few rows, go through buffers of this thread.
//  - The layout that it asks for keeps 64 columns of B together, whatever the extents, so that
//    columns from a multiple of 64 on are one piece of memory, and can be packed by themselves.
//  - A primitive's inner memory belongs to the primitive unless the user supplies it: with memory
//  of
//    our own a primitive runs on several threads at once.
//  - Debian's library is built with OpenMP. Its teams of threads would fight with our workers, so
//    every call runs under a limit of one OpenMP thread (OneThread), and no team ever starts.
#include <fmt/format.h>

#include <algorithm>
#include <compare>
#include <map>
#include <mutex>
#include <oneapi/dnnl/dnnl.hpp>
#include <shared_mutex>
#include <stdexcept>
#include <vector>

#include "aqua/core/error.hpp"
#include "buffer.hpp"
#include "column_blocks.hpp"
#include "engines.hpp"

// libgomp's, which oneDNN runs on. Declared here because not every compiler has its omp.h.
extern "C" {
int omp_get_max_threads();
void omp_set_num_threads(int);
}

namespace aqua::linalg {
namespace {

using dnnl::memory;

/// Rows of X multiplied at a time: enough for full speed, few enough that their bfloat16 copy stays
/// in the second-level cache. It also bounds the number of different primitives.
constexpr int64_t rows_per_product = 512;
/// Fewer rows are padded to a multiple of this, for the same reason.
constexpr int64_t row_multiple = 32;
/// Columns of a block of multiply_blocks: with two matrices a block is 512 kB. Products of this
/// width measure 2 % faster than those of a whole wide B.
constexpr int64_t block_columns = 128;
static_assert(block_columns % ProductEngine::column_unit == 0);

/// Limits OpenMP to the calling thread while it lives; a thread-local setting.
class OneThread {
 public:
  OneThread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
  ~OneThread() { omp_set_num_threads(before_); }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int before_;
};

/// Scratch of one thread: at most rows_per_product rows of X and of Y, or the rows that pack gets.
struct Scratch {
  Buffer x, converted, y, primitive;
};
Scratch& scratch() {
  thread_local Scratch buffers;
  return buffers;
}

memory::data_type data_type(ProductType type) {
  return type == ProductType::float32 ? memory::data_type::f32 : memory::data_type::bf16;
}

memory::desc plain(int64_t rows, int64_t cols, int64_t stride, memory::data_type type) {
  return {{rows, cols}, type, memory::dims{stride, 1}};
}

template <class T>
void* address(T* data) {
  return const_cast<void*>(static_cast<const void*>(data));
}

/// The rows of a matrix padded to `rows`, copied side by side.
void copy_rows(ConstMatrixView<float> from, MatrixView<float> to) {
  for (int64_t r = 0; r < from.rows(); ++r) std::ranges::copy(from.row(r), to.row(r).begin());
}

const dnnl::engine& cpu() {
  static const dnnl::engine engine(dnnl::engine::kind::cpu, 0);
  return engine;
}

/// The layout of B: blocks of 64 columns that stand together, in the order of the AVX-512 kernels,
/// if that is what oneDNN would choose here; otherwise one column after the other.
memory::format_tag preferred_layout(ProductType type) {
  const OneThread limit;
  const auto blocks =
      type == ProductType::float32 ? memory::format_tag::BA16a64b : memory::format_tag::BA16a64b2a;
  constexpr int64_t size = 256;
  const memory::data_type element = data_type(type);
  const dnnl::matmul::primitive_desc product({plain(size, size, size, element),
                                              {{size, size}, element, memory::format_tag::any},
                                              plain(size, size, size, memory::data_type::f32)},
                                             cpu());
  const memory::desc blocked({size, size}, element, blocks);
  return product.weights_desc() == blocked ? blocks : memory::format_tag::ba;
}

bool has(dnnl::cpu_isa wanted) {
  const auto bits = static_cast<unsigned>(wanted);
  return (static_cast<unsigned>(dnnl::get_effective_cpu_isa()) & bits) == bits;
}

}  // namespace

class OneDnnEngine final : public ProductEngine {
 public:
  explicit OneDnnEngine(ProductType type) : type_(type), tag_(preferred_layout(type)) {}

  ProductType type() const override { return type_; }

  std::string name() const override {
    const dnnl_version_t* version = dnnl_version();
    const bool bf16 = type_ == ProductType::bfloat16;
    const char* kernels = bf16 && has_bfloat16_products() ? "AVX-512 BF16"
                          : onednn_has_avx512()           ? "AVX-512"
                          : has(dnnl::cpu_isa::avx2)      ? "AVX2"
                                                          : "baseline";
    return fmt::format("oneDNN {}.{}.{} {}, {}", version->major, version->minor, version->patch,
                       kernels, bf16 ? "bfloat16" : "float32");
  }

 private:
  struct ProductKey {
    int64_t m, k, n;
    bool add;
    auto operator<=>(const ProductKey&) const = default;
  };
  struct Product {
    dnnl::matmul primitive;
    memory::desc x, b, y, scratch;
  };
  /// A copy between layouts or types; `packs`: into the layout of B, else X to bfloat16.
  struct CopyKey {
    bool packs;
    int64_t rows, cols, row_stride, col_stride;
    auto operator<=>(const CopyKey&) const = default;
  };

  int64_t do_packed_bytes(Extents b) const override {
    const OneThread limit;
    return static_cast<int64_t>(layout(b).get_size());
  }

  void do_pack(std::byte* packed, Extents b, int64_t first, Op op,
               ConstMatrixView<float> source) const override {
    const OneThread limit;
    packed += column_offset(b.k, first);
    const bool plain_order = op == Op::none;
    if (!plain_order && tag_ != memory::format_tag::ba) return pack_rows(source, packed);
    const int64_t n = plain_order ? source.cols() : source.rows();
    const memory::desc from(
        {b.k, n}, memory::data_type::f32,
        plain_order ? memory::dims{source.stride(), 1} : memory::dims{1, source.stride()});
    copy({true, b.k, n, plain_order ? source.stride() : 1, plain_order ? 1 : source.stride()}, from,
         address(source.data()), layout({b.k, n}), packed);
  }

  /// Rows of source as columns of B, in blocks.
  void pack_rows(ConstMatrixView<float> source, std::byte* packed) const {
    const void* rows = source.data();
    auto stride = static_cast<std::size_t>(source.stride()) * sizeof(float);
    auto bytes = static_cast<std::size_t>(source.cols()) * sizeof(float);
    if (type_ == ProductType::bfloat16) {
      rows = to_bfloat16(source);
      stride = bytes = static_cast<std::size_t>(source.cols()) * sizeof(uint16_t);
    }
    pack_column_blocks(static_cast<const std::byte*>(rows), stride, bytes, source.rows(), packed);
  }

  /// In this thread's buffer, row by row; valid until the next call.
  const void* to_bfloat16(ConstMatrixView<float> x) const {
    const memory::desc to = plain(x.rows(), x.cols(), x.cols(), memory::data_type::bf16);
    void* converted = scratch().converted.bytes(to.get_size());
    copy({false, x.rows(), x.cols(), x.stride(), 1},
         plain(x.rows(), x.cols(), x.stride(), memory::data_type::f32), address(x.data()), to,
         converted);
    return converted;
  }

  void do_multiply(ConstMatrixView<float> x, const std::byte* packed, bool add,
                   MatrixView<float> y) const override {
    const OneThread limit;
    for (int64_t first = 0; first < x.rows(); first += rows_per_product) {
      const int64_t rows = std::min(rows_per_product, x.rows() - first);
      multiply_rows(x.rows(first, rows), packed, add, y.rows(first, rows));
    }
  }

  void multiply_rows(ConstMatrixView<float> x, const std::byte* packed, bool add,
                     MatrixView<float> y) const {
    const int64_t rows = x.rows();
    const int64_t padded = padded_rows(rows);
    const void* const factor = prepare(x);
    MatrixView<float> out = y;
    const bool direct = padded == rows && (y.stride() == y.cols() || rows == 1);
    if (!direct) {
      out = MatrixView<float>(scratch().y.floats(padded * y.cols()), padded, y.cols());
      if (add) {
        copy_rows(y, out);
        for (int64_t r = rows; r < padded; ++r) std::ranges::fill(out.row(r), 0.0F);
      }
    }
    execute({padded, x.cols(), y.cols(), add}, factor, packed, out.data());
    if (!direct) copy_rows(out.rows(0, rows), y);
  }

  void do_multiply_blocks(ConstMatrixView<float> x, Extents b,
                          std::span<const std::byte* const> packed,
                          const TakeBlock& take) const override {
    const OneThread limit;
    std::vector<MatrixView<float>> y(packed.size());
    for (int64_t row = 0; row < x.rows(); row += rows_per_product) {
      const int64_t rows = std::min(rows_per_product, x.rows() - row);
      const int64_t padded = padded_rows(rows);
      const void* const factor = prepare(x.rows(row, rows));
      float* const results = scratch().y.floats(std::ssize(packed) * padded * block_columns);
      for (int64_t column = 0; column < b.n; column += block_columns) {
        const int64_t columns = std::min(block_columns, b.n - column);
        float* result = results;
        for (std::size_t i = 0; i < packed.size(); ++i, result += padded * columns) {
          execute({padded, b.k, columns, false}, factor, packed[i] + column_offset(b.k, column),
                  result);
          y[i] = {result, rows, columns};
        }
        take({row, column, y});
      }
    }
  }

  static int64_t padded_rows(int64_t rows) {
    return (rows + row_multiple - 1) / row_multiple * row_multiple;
  }

  /// x with padded rows, contiguous and in the engine's type; x itself where it is that already.
  /// Valid until this thread's next call.
  const void* prepare(ConstMatrixView<float> x) const {
    const int64_t rows = x.rows();
    const int64_t padded = padded_rows(rows);
    if (padded != rows || (type_ == ProductType::float32 && x.stride() != x.cols())) {
      const MatrixView<float> inner(scratch().x.floats(padded * x.cols()), padded, x.cols());
      copy_rows(x, inner);
      for (int64_t r = rows; r < padded; ++r) std::ranges::fill(inner.row(r), 0.0F);
      x = inner;
    }
    return type_ == ProductType::bfloat16 ? to_bfloat16(x) : x.data();
  }

  void execute(const ProductKey& key, const void* x, const std::byte* packed, float* y) const {
    const Product& product = product_for(key);
    void* const own = scratch().primitive.bytes(product.scratch.get_size());
    dnnl::stream stream(cpu());
    product.primitive.execute(stream, {{DNNL_ARG_SRC, {product.x, cpu(), address(x)}},
                                       {DNNL_ARG_WEIGHTS, {product.b, cpu(), address(packed)}},
                                       {DNNL_ARG_DST, {product.y, cpu(), y}},
                                       {DNNL_ARG_SCRATCHPAD, {product.scratch, cpu(), own}}});
  }

  /// Where columns of B [k, …] from `first` on begin, a multiple of column_unit.
  std::size_t column_offset(int64_t k, int64_t first) const {
    return static_cast<std::size_t>(first / column_unit) * layout({k, column_unit}).get_size();
  }

  /// How B [k, n] is kept.
  memory::desc layout(Extents b) const { return {{b.k, b.n}, data_type(type_), tag_}; }

  const Product& product_for(const ProductKey& key) const {
    {
      const std::shared_lock lock(mutex_);
      if (const auto found = products_.find(key); found != products_.end()) return found->second;
    }
    const std::unique_lock lock(mutex_);
    if (const auto found = products_.find(key); found != products_.end()) return found->second;
    return products_.emplace(key, make_product(key)).first->second;
  }

  Product make_product(const ProductKey& key) const {
    const memory::data_type type = data_type(type_);
    const memory::desc x = plain(key.m, key.k, key.k, type);
    const memory::desc y = plain(key.m, key.n, key.n, memory::data_type::f32);
    dnnl::primitive_attr attributes;
    attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    if (key.add) {
      dnnl::post_ops sum;
      sum.append_sum(1.0F);
      attributes.set_post_ops(sum);
    }
    const dnnl::matmul::primitive_desc description({x, layout({key.k, key.n}), y}, attributes,
                                                   cpu());
    return {dnnl::matmul(description), description.src_desc(), description.weights_desc(),
            description.dst_desc(), description.scratchpad_desc()};
  }

  void copy(const CopyKey& key, const memory::desc& from, void* source, const memory::desc& to,
            void* target) const {
    const dnnl::reorder& primitive = copy_for(key, from, to);
    dnnl::stream stream(cpu());
    primitive.execute(stream,
                      {{DNNL_ARG_FROM, {from, cpu(), source}}, {DNNL_ARG_TO, {to, cpu(), target}}});
  }

  const dnnl::reorder& copy_for(const CopyKey& key, const memory::desc& from,
                                const memory::desc& to) const {
    {
      const std::shared_lock lock(mutex_);
      if (const auto found = copies_.find(key); found != copies_.end()) return found->second;
    }
    const dnnl::reorder made({cpu(), from, cpu(), to});
    const std::unique_lock lock(mutex_);
    return copies_.emplace(key, made).first->second;
  }

  const ProductType type_;
  const memory::format_tag tag_;
  // Primitives by shape; filled as shapes come up, never emptied (nodes of a map do not move).
  mutable std::shared_mutex mutex_;
  mutable std::map<ProductKey, Product> products_;
  mutable std::map<CopyKey, dnnl::reorder> copies_;
};

bool onednn_has_avx512() { return has(dnnl::cpu_isa::avx512_core); }
bool has_bfloat16_products() { return has(dnnl::cpu_isa::avx512_core_bf16); }

std::unique_ptr<ProductEngine> make_onednn_engine(ProductType type) {
  return std::make_unique<OneDnnEngine>(type);
}

}  // namespace aqua::linalg
