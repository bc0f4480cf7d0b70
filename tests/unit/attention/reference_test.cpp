// Every variant against its definition in double precision, over several blocks of queries, with
// grouped heads, windows and soft caps.
#include <gtest/gtest.h>

#include "aqua/linalg/backend.hpp"
#include "support/bases.hpp"
#include "support/reference.hpp"

namespace aqua::attention {
namespace {

using reference::Result;
using reference::Rows;
using reference::Score;
using reference::Vector;

constexpr HeadLayout layout{4, 2, 12};

class AgainstReference : public testing::TestWithParam<Case> {
 protected:
  static void SetUpTestSuite() { linalg::use_one_blas_thread(); }

  AgainstReference() {
    for (int64_t h = 0; h < layout.query_heads; ++h) q.push_back(reference::queries(in, h));
    for (int64_t g = 0; g < layout.kv_heads; ++g) k.push_back(reference::keys(in, g));
  }

  /// Queries mapped by the KV head's basis, keys likewise; then scores of mapped vectors.
  struct Mapped {
    std::vector<Rows> q;  // [query head]
    std::vector<Rows> k;  // [KV head]
    Score score() const {
      return [this](int64_t h, int64_t i, int64_t j) {
        return reference::dot(q[h][i], k[layout.kv_head_of(h)][j]);
      };
    }
  };
  Mapped map(const std::string& method, int64_t columns) const {
    Mapped out;
    for (int64_t h = 0; h < layout.query_heads; ++h) {
      out.q.push_back(
          reference::mapped(q[h], bases.basis(method, 0, layout.kv_head_of(h)).query_map, columns));
    }
    for (int64_t g = 0; g < layout.kv_heads; ++g) {
      out.k.push_back(reference::mapped(k[g], bases.basis(method, 0, g).key_map, columns));
    }
    return out;
  }
  /// Keeps the largest entries of every query; returns how clear the choices were.
  static double select(int64_t kept, std::vector<Rows>& queries) {
    double margin = 1.0;
    for (Rows& head : queries) {
      for (Vector& row : head) row = reference::keep_largest(row, kept, margin);
    }
    return margin;
  }

  void expect(const std::string& spec, const Result& expected, double margin = 1.0) const {
    // Decisions are made on float32 numbers that err by about d·eps; where the reference's were
    // clearer than that, they are the same.
    EXPECT_GT(std::min(margin, expected.margin), 4e-6) << spec;
    const Matrix<float> found = run(spec, in, GetParam().rule, bases);
    // Rotating and multiplying err by 1.5·(d + 2)·eps·d relative to |q||k|·scale, which is below 40
    // here (3·√d·√d/√d times the basis' norm); weights by twice that, outputs by the largest |v|
    // < 5.
    const auto d = static_cast<double>(layout.head_dim);
    const double bound = 2 * 1.5 * (d + 2) * epsilon * 40 * 5;
    for (int64_t t = 0; t < in.tokens; ++t) {
      for (int64_t c = 0; c < found.cols(); ++c) {
        ASSERT_NEAR(found(t, c), expected.output[t][c], bound)
            << spec << ": query " << t << ", column " << c;
      }
    }
  }

  Result attend(const Score& score) const { return reference::attend(in, GetParam().rule, score); }

  const Inputs in{GetParam()};
  const TestBases bases{layout, 1};
  std::vector<Rows> q;  // [query head]
  std::vector<Rows> k;  // [KV head]
};

TEST_P(AgainstReference, AquaStaticSlice) {
  for (const auto& [text, columns] : {std::pair{"0.25", 3}, {"0.5", 6}, {"0.04", 1}}) {
    const Mapped m = map("aqua", columns);
    expect(fmt::format("aqua-static:k={}", text), attend(m.score()));
  }
}

TEST_P(AgainstReference, AquaDynamicSelection) {
  for (const auto& [text, kept] : {std::pair{"0.25", 3}, {"0.75", 9}}) {
    Mapped m = map("aqua", 12);
    const double margin = select(kept, m.q);
    expect(fmt::format("aqua:k={}", text), attend(m.score()), margin);
  }
}

TEST_P(AgainstReference, AquaMemory) {
  // floor(0.3·12) = 3 dimensions are not stored; round-half-up(0.5·9) = 5 of 9 are used.
  Mapped m = map("aqua", 9);
  const double margin = select(5, m.q);
  expect("aqua-memory:s=0.3,k=0.5", attend(m.score()), margin);
}

TEST_P(AgainstReference, SparQ) {
  Mapped m{q, k};
  const double margin = select(6, m.q);
  expect("sparq:k=0.5", attend(m.score()), margin);
}

TEST_P(AgainstReference, KqSvd) {
  const Mapped m = map("kq-svd", 4);
  expect("kq-svd:r=0.33", attend(m.score()));
}

TEST_P(AgainstReference, Loki) {
  const Mapped m = map("keys", 3);
  expect("loki:r=0.25,top=0.3", reference::attend_chosen(in, GetParam().rule, m.score(), 0.3, 0.0));
}

TEST_P(AgainstReference, H2o) {
  const Mapped m{q, k};
  expect("h2o:recent=0.1,heavy=0.15",
         reference::attend_cached(in, GetParam().rule, m.score(), 0.1, 0.15));
  expect("h2o:recent=0,heavy=0", reference::attend_cached(in, GetParam().rule, m.score(), 0, 0));
}

TEST_P(AgainstReference, AquaWithH2o) {
  Mapped m = map("aqua", 12);
  const double margin = select(6, m.q);
  expect("aqua-h2o:k=0.5,recent=0.05,heavy=0.1",
         reference::attend_cached(in, GetParam().rule, m.score(), 0.05, 0.1), margin);
}

TEST_P(AgainstReference, Lrqk) {
  Mapped m;
  m.q.resize(layout.query_heads);
  for (int64_t g = 0; g < layout.kv_heads; ++g) {
    Rows stacked;
    for (int64_t h = 2 * g; h < 2 * g + 2; ++h) {
      stacked.insert(stacked.end(), q[h].begin(), q[h].end());
    }
    const auto factors = reference::joint_factors(stacked, k[g], 4, 2);
    for (int64_t h = 2 * g; h < 2 * g + 2; ++h) {
      const auto first = factors.query.begin() + (h - 2 * g) * in.tokens;
      m.q[h].assign(first, first + in.tokens);
    }
    m.k.push_back(factors.key);
  }
  expect("lrqk:r=0.33,top=0.2,recent=0.1",
         reference::attend_chosen(in, GetParam().rule, m.score(), 0.2, 0.1));
}

TEST_P(AgainstReference, Think) {
  constexpr int64_t window = 10;
  std::vector<Vector> scores;  // [KV head][channel]
  double margin = 1.0;
  std::vector<Vector> kept;
  for (int64_t g = 0; g < layout.kv_heads; ++g) {
    Vector score(12);
    for (int64_t c = 0; c < 12; ++c) {
      double of_queries = 0.0;
      double of_keys = 0.0;
      for (int64_t h = 2 * g; h < 2 * g + 2; ++h) {
        for (int64_t t = std::max<int64_t>(0, in.tokens - window); t < in.tokens; ++t) {
          of_queries += q[h][t][c] * q[h][t][c];
        }
      }
      for (const Vector& row : k[g]) of_keys += row[c] * row[c];
      score[c] = std::sqrt(of_queries * of_keys);
    }
    kept.push_back(reference::keep_largest(score, 5, margin));
  }
  expect("think:k=0.4,window=10", attend([&](int64_t h, int64_t i, int64_t j) {
           const int64_t g = layout.kv_head_of(h);
           double sum = 0.0;
           for (int64_t c = 0; c < 12; ++c) {
             if (kept[g][c] > 0.0 || j > i - window) sum += q[h][i][c] * k[g][j][c];
           }
           return sum;
         }),
         margin);
}

TEST_P(AgainstReference, QuantisedPerToken) {
  Mapped m{q, k};
  for (Rows& head : m.k) {
    for (Vector& row : head) {
      for (std::size_t first = 0; first < 12; first += 5) {
        std::vector<double*> group;
        for (std::size_t c = first; c < std::min<std::size_t>(12, first + 5); ++c) {
          group.push_back(&row[c]);
        }
        reference::quantise(3, group);
      }
    }
  }
  expect("quant:bits=3,group=5", attend(m.score()));
}

TEST_P(AgainstReference, QuantisedPerChannel) {
  constexpr int64_t size = 16;
  Mapped m{q, k};
  for (Rows& head : m.k) {
    for (int64_t first = 0; first + size <= in.tokens; first += size) {
      for (std::size_t c = 0; c < 12; ++c) {
        std::vector<double*> group;
        for (int64_t t = first; t < first + size; ++t) group.push_back(&head[t][c]);
        reference::quantise(2, group);
      }
    }
  }
  expect("quant:bits=2,per=channel,group=16", attend([&](int64_t h, int64_t i, int64_t j) {
           const int64_t g = layout.kv_head_of(h);
           const bool complete = (j / size + 1) * size <= i + 1;
           return reference::dot(q[h][i], complete ? m.k[g][j] : k[g][j]);
         }));
}

// Codes of rotated keys can differ by one where float32 rotation falls on the other side of a
// half: compared are means over queries, which such a step hardly moves.
TEST_P(AgainstReference, QuantisedAfterRotation) {
  const Case& c = GetParam();
  const auto quantised = [](std::vector<Rows> heads) {
    for (Rows& head : heads) {
      for (Vector& row : head) {
        std::vector<double*> group;
        for (double& value : row) group.push_back(&value);
        reference::quantise(4, group);
      }
    }
    return heads;
  };
  Mapped m = map("aqua", 12);
  m.k = quantised(m.k);
  const Result rotated = attend(m.score());
  const double margin = select(6, m.q);
  EXPECT_GT(margin, 4e-6);
  const Result selected = attend(m.score());
  for (const auto& [spec, expected] : {std::pair{"quant:bits=4,group=12,rotate=1", &rotated},
                                       {"aqua-quant:k=0.5,bits=4,group=12", &selected}}) {
    const Matrix<float> found = run(spec, in, c.rule, bases);
    double difference = 0.0;
    for (int64_t t = 0; t < in.tokens; ++t) {
      for (int64_t e = 0; e < found.cols(); ++e) {
        difference += std::abs(double{found(t, e)} - expected->output[t][e]);
      }
    }
    EXPECT_LT(difference / static_cast<double>(found.size()), 1e-5) << spec;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, AgainstReference,
                         testing::Values(Case{150, layout, rule(12)},
                                         Case{141, layout, rule(12, 8.0F, 30)},
                                         Case{7, layout, rule(12)}),
                         [](const auto& tested) { return describe(tested.param); });

}  // namespace
}  // namespace aqua::attention
