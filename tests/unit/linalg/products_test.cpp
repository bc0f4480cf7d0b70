#include "aqua/linalg/products.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <array>
#include <bit>
#include <cmath>
#include <limits>
#include <memory>
#include <stdexcept>
#include <thread>

#include "matrices.hpp"

namespace aqua::linalg {
namespace {

constexpr float quiet_nan = std::numeric_limits<float>::quiet_NaN();
constexpr float infinity = std::numeric_limits<float>::infinity();

/// A random matrix inside a wider one, whose other elements must not matter and must not change.
struct Strided {
  Strided(int64_t rows, int64_t cols, uint64_t seed, int64_t margin)
      : storage(rows, cols + margin), view(storage.data(), rows, cols, cols + margin) {
    std::fill_n(storage.data(), storage.size(), quiet_nan);
    const Matrix<double> normals = test::random_normal(rows, cols, seed);
    for (int64_t i = 0; i < rows; ++i) {
      for (int64_t j = 0; j < cols; ++j) view(i, j) = static_cast<float>(normals(i, j));
    }
  }
  Matrix<float> storage;
  MatrixView<float> view;
};

/// To 8 significant bits, ties to even: the definition of rounding to bfloat16.
double to_bfloat16(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  const uint32_t rounded = bits + 0x7fffU + ((bits >> 16U) & 1U);
  return std::bit_cast<float>(rounded & 0xffff0000U);
}

struct Engine {
  ProductLibrary library;
  ProductType type;
};

class Products : public ::testing::TestWithParam<Engine> {
 protected:
  std::unique_ptr<ProductEngine> engine = make_product_engine(GetParam().library, GetParam().type);
  /// What a factor enters the product as.
  double entering(float x) const {
    return engine->type() == ProductType::bfloat16 ? to_bfloat16(x) : x;
  }

  /// Compares with the sum of the rounded factors' products in double: what remains is float32
  /// summation, at most (k + 3)·2⁻²³ times the sum of magnitudes for any order, rounding or
  /// truncating (Higham 2002, 3.1).
  void check(Op op, bool add, int64_t m, int64_t n, int64_t k, int64_t margin) {
    SCOPED_TRACE(fmt::format("op {} add {} [{}, {}, {}] margin {}", static_cast<int>(op), add, m, n,
                             k, margin));
    const Strided x(m, k, 1, margin);
    const Strided b(op == Op::none ? k : n, op == Op::none ? n : k, 2, margin);
    Strided y(m, n, 3, margin);
    const auto before = Matrix<float>::copy_of(y.view);
    if (!add) {
      for (int64_t i = 0; i < m; ++i) std::ranges::fill(y.view.row(i), quiet_nan);
    }
    PackedMatrix packed;
    engine->pack(packed, op, b.view);
    EXPECT_EQ(packed.rows(), k);
    EXPECT_EQ(packed.cols(), n);
    EXPECT_GE(packed.bytes(), engine->packed_bytes(k, n));
    add ? engine->multiply_add(x.view, packed, y.view) : engine->multiply(x.view, packed, y.view);

    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        const auto factor = [&](int64_t l) { return op == Op::none ? b.view(l, j) : b.view(j, l); };
        check_element(y.view(i, j), add ? before(i, j) : 0.0, x.view.row(i), factor);
      }
      for (int64_t j = n; j < n + margin; ++j) ASSERT_TRUE(std::isnan(y.storage(i, j)));
    }
  }

  /// found = start + Σ x[l]·factor(l)
  template <class F>
  void check_element(float found, double start, std::span<const float> x, const F& factor) {
    double sum = start;
    double magnitude = std::abs(start);
    for (std::size_t l = 0; l < x.size(); ++l) {
      const double term = entering(x[l]) * entering(factor(static_cast<int64_t>(l)));
      sum += term;
      magnitude += std::abs(term);
    }
    ASSERT_NEAR(found, sum, static_cast<double>(x.size() + 3) * 0x1p-23 * magnitude);
  }
};

TEST_P(Products, AgreeWithTheDefinition) {
  for (const Op op : {Op::none, Op::transpose}) {
    for (const bool add : {false, true}) {
      for (const int64_t margin : {0, 5}) {
        check(op, add, 5, 7, 3, margin);
        check(op, add, 1, 1, 1, margin);
        check(op, add, 33, 65, 66, margin);
        check(op, add, 64, 64, 64, margin);
        check(op, add, 300, 130, 17, margin);  // more than one block of rows, and a rest
      }
    }
  }
}

TEST_P(Products, EmptyOperands) {
  check(Op::transpose, false, 0, 4, 5, 0);
  check(Op::transpose, false, 4, 0, 5, 0);
  check(Op::transpose, false, 3, 4, 0, 0);  // an empty sum is zero
  check(Op::none, true, 3, 4, 0, 2);        // and adds nothing
}

TEST_P(Products, ColumnsPackedByThemselvesGiveTheSameMatrix) {
  const int64_t k = 37;
  const int64_t n = 64 + 128 + 9;
  const Strided b(n, k, 4, 0);
  const Strided x(40, k, 5, 0);
  PackedMatrix whole;
  engine->pack(whole, Op::transpose, b.view);
  PackedMatrix pieces;
  engine->resize(pieces, k, n);
  engine->pack_columns(pieces, 192, Op::transpose, b.view.rows(192, 9));
  engine->pack_columns(pieces, 0, Op::transpose, b.view.rows(0, 64));
  engine->pack_columns(pieces, 64, Op::transpose, b.view.rows(64, 128));
  Matrix<float> expected(40, n);
  Matrix<float> found(40, n);
  engine->multiply(x.view, whole, expected);
  engine->multiply(x.view, pieces, found);
  for (int64_t i = 0; i < 40; ++i) {
    for (int64_t j = 0; j < n; ++j) ASSERT_EQ(found(i, j), expected(i, j)) << i << " " << j;
  }
}

TEST_P(Products, BlocksCoverTheProductsOnce) {
  struct Extents {
    int64_t m, n, k;
  };
  for (const auto [m, n, k] : {Extents{1, 1, 1}, {33, 130, 70}, {530, 600, 33}, {64, 512, 128}}) {
    SCOPED_TRACE(fmt::format("[{}, {}, {}]", m, n, k));
    const Strided x(m, k, 1, 3);
    const std::vector<Strided> sources = [&] {
      std::vector<Strided> both;
      for (const uint64_t seed : {2, 3}) both.emplace_back(n, k, seed, 1);
      return both;
    }();
    std::vector<PackedMatrix> packed(sources.size());
    std::vector<const PackedMatrix*> b;
    for (std::size_t i = 0; i < packed.size(); ++i) {
      engine->pack(packed[i], Op::transpose, sources[i].view);
      b.push_back(&packed[i]);
    }
    Matrix<float> times_seen(m, n);
    engine->multiply_blocks(x.view, b, [&](const ProductEngine::Block& block) {
      ASSERT_EQ(block.y.size(), sources.size());
      for (int64_t r = 0; r < block.y[0].rows(); ++r) {
        for (int64_t c = 0; c < block.y[0].cols(); ++c) {
          const int64_t row = block.first_row + r;
          const int64_t column = block.first_column + c;
          times_seen(row, column) += 1.0F;
          for (std::size_t i = 0; i < sources.size(); ++i) {
            ASSERT_EQ(block.y[i].rows(), block.y[0].rows());
            check_element(block.y[i](r, c), 0.0, x.view.row(row),
                          [&](int64_t l) { return sources[i].view(column, l); });
          }
        }
      }
      for (const MatrixView<float>& y : block.y) std::ranges::fill(y.row(0), quiet_nan);
    });
    EXPECT_THAT(std::span(times_seen.data(), static_cast<std::size_t>(times_seen.size())),
                ::testing::Each(1.0F));
  }
  engine->multiply_blocks(Matrix<float>(3, 4), {},
                          [](const ProductEngine::Block&) { FAIL() << "a block of nothing"; });
}

TEST_P(Products, MemoryIsReusedForTheSameExtents) {
  const Strided first(70, 9, 6, 0);
  const Strided second(70, 9, 7, 0);
  PackedMatrix reused;
  engine->pack(reused, Op::transpose, first.view);
  engine->pack(reused, Op::transpose, second.view);
  PackedMatrix fresh;
  engine->pack(fresh, Op::transpose, second.view);
  const Matrix<float> x = Matrix<float>::identity(9);
  Matrix<float> from_reused(9, 70);
  Matrix<float> from_fresh(9, 70);
  engine->multiply(x, reused, from_reused);
  engine->multiply(x, fresh, from_fresh);
  for (int64_t i = 0; i < 9; ++i) {
    for (int64_t j = 0; j < 70; ++j) {
      ASSERT_EQ(from_reused(i, j), from_fresh(i, j));
      ASSERT_EQ(from_reused(i, j), static_cast<float>(entering(second.view(j, i))));
    }
  }
}

TEST_P(Products, WhatIsNotFiniteStaysVisible) {
  for (const float bad : {quiet_nan, infinity}) {
    Matrix<float> x = Matrix<float>::identity(40);
    const Matrix<float> b = Matrix<float>::identity(40);
    x(3, 5) = bad;
    PackedMatrix packed;
    engine->pack(packed, Op::none, b);
    Matrix<float> y(40, 40);
    engine->multiply(x, packed, y);
    EXPECT_FALSE(std::isfinite(y(3, 5)));
    EXPECT_EQ(y(4, 4), 1.0F);

    Matrix<float> bad_b = Matrix<float>::identity(40);
    bad_b(3, 5) = bad;
    engine->pack(packed, Op::none, bad_b);
    engine->multiply(b, packed, y);
    EXPECT_FALSE(std::isfinite(y(3, 5)));
    EXPECT_EQ(y(4, 4), 1.0F);
  }
}

TEST_P(Products, SeveralThreadsGiveWhatOneGives) {
  const Strided b(200, 96, 8, 0);
  PackedMatrix packed;
  engine->pack(packed, Op::transpose, b.view);
  std::vector<Matrix<float>> results;
  for (int i = 0; i < 4; ++i) results.emplace_back(290, 200);
  const Strided x(290, 96, 9, 3);
  engine->multiply(x.view, packed, results[0]);
  std::vector<std::thread> threads;
  for (std::size_t i = 1; i < results.size(); ++i) {
    threads.emplace_back([&, i] { engine->multiply(x.view, packed, results[i]); });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 1; i < results.size(); ++i) {
    EXPECT_TRUE(
        std::equal(results[0].data(), results[0].data() + results[0].size(), results[i].data()));
  }
}

TEST_P(Products, ExtentsMustAgree) {
  const auto message_of = [](const std::function<void()>& call) -> std::string {
    try {
      call();
    } catch (const std::invalid_argument& error) {
      return error.what();
    }
    return "no exception";
  };
  const Matrix<float> b(8, 100);
  PackedMatrix packed;
  engine->pack(packed, Op::none, b);
  Matrix<float> y(2, 100);
  EXPECT_EQ(message_of([&] { engine->multiply(Matrix<float>(2, 7), packed, y); }),
            "multiply: X is [2, 7], B [8, 100], Y [2, 100]");
  EXPECT_EQ(message_of([&] { engine->multiply(Matrix<float>(3, 8), packed, y); }),
            "multiply: X is [3, 8], B [8, 100], Y [2, 100]");
  EXPECT_EQ(
      message_of([&] { engine->pack_columns(packed, 32, Op::none, b.view().columns(0, 64)); }),
      "pack_columns: B is [8, 100], op(source) [8, 64] from column 32");
  EXPECT_EQ(message_of([&] { engine->pack_columns(packed, 0, Op::none, b.view().columns(0, 63)); }),
            "pack_columns: B is [8, 100], op(source) [8, 63] from column 0");
  EXPECT_EQ(message_of([&] { engine->pack_columns(packed, 64, Op::none, b); }),
            "pack_columns: B is [8, 100], op(source) [8, 100] from column 64");
  EXPECT_EQ(message_of([&] { engine->packed_bytes(-1, 4); }), "packed matrix: extents [-1, 4]");
  PackedMatrix narrower;
  engine->pack(narrower, Op::none, b.view().columns(0, 64));
  const auto ignore = [](const ProductEngine::Block&) {};
  EXPECT_EQ(message_of([&] {
              engine->multiply_blocks(Matrix<float>(2, 8),
                                      std::array{&std::as_const(packed), &std::as_const(narrower)},
                                      ignore);
            }),
            "multiply_blocks: X is [2, 8], B [8, 100] and [8, 64]");
  EXPECT_EQ(message_of([&] {
              engine->multiply_blocks(Matrix<float>(2, 7), std::array{&std::as_const(packed)},
                                      ignore);
            }),
            "multiply_blocks: X is [2, 7], B [8, 100] and [8, 100]");
  const auto other = make_product_engine(GetParam().library, GetParam().type);
  EXPECT_EQ(message_of([&] { other->multiply(Matrix<float>(2, 8), packed, y); }),
            "multiply: X is [2, 8], B [8, 100], Y [2, 100]");
}

std::vector<Engine> engines() {
  std::vector<Engine> all{{ProductLibrary::openblas, ProductType::float32},
                          {ProductLibrary::onednn, ProductType::float32}};
  if (has_bfloat16_products()) {
    all.push_back({ProductLibrary::onednn, ProductType::bfloat16});
  }
  return all;
}

std::string engine_name(const ::testing::TestParamInfo<Engine>& engine) {
  return std::string(engine.param.library == ProductLibrary::openblas ? "OpenBlas" : "OneDnn") +
         (engine.param.type == ProductType::float32 ? "Float32" : "BFloat16");
}

INSTANTIATE_TEST_SUITE_P(All, Products, ::testing::ValuesIn(engines()), engine_name);

TEST(ProductEngine, TheFastestIsChosen) {
  EXPECT_EQ(make_product_engine(ProductType::float32)->type(), ProductType::float32);
  if (has_bfloat16_products()) {
    const auto engine = make_product_engine(ProductType::bfloat16);
    EXPECT_EQ(engine->type(), ProductType::bfloat16);
    EXPECT_THAT(engine->name(), ::testing::MatchesRegex("oneDNN 2.*AVX-512 BF16, bfloat16"));
  } else {
    EXPECT_THROW(make_product_engine(ProductType::bfloat16), std::invalid_argument);
  }
}

TEST(ProductEngine, OpenBlasHasNoBFloat16) {
  EXPECT_THROW(make_product_engine(ProductLibrary::openblas, ProductType::bfloat16),
               std::invalid_argument);
  EXPECT_THAT(make_product_engine(ProductLibrary::openblas, ProductType::float32)->name(),
              ::testing::MatchesRegex("OpenBLAS .*, float32"));
}

}  // namespace
}  // namespace aqua::linalg
