#include "basis_scores.hpp"

#include "aqua/linalg/blas.hpp"
#include "aqua/projection/selection.hpp"

namespace aqua::attention {
namespace {

class BasisHeadScores final : public HeadScores {
 public:
  BasisHeadScores(ConstMatrixView<float> k, const Maps* maps, Choice choice, int64_t kept)
      : maps_(maps), choice_(choice), kept_(kept), keys_(k) {
    if (maps == nullptr) return;
    mapped_keys_ = Matrix<float>(k.rows(), maps->key.cols());
    map_rows(k, maps->key, mapped_keys_);
    keys_ = mapped_keys_;
  }

  ConstMatrixView<float> keys() const override { return keys_; }

  // A masked query times whole keys gives the same products as gathered dimensions would, and is
  // one matrix product for all queries of a block.
  void map_queries(ConstMatrixView<float> q, MatrixView<float> mapped) const override {
    if (maps_ != nullptr) {
      map_rows(q, maps_->query, mapped);
    } else {
      for (int64_t r = 0; r < q.rows(); ++r) std::ranges::copy(q.row(r), mapped.row(r).begin());
    }
    if (choice_ == Choice::largest) keep_largest(kept_, mapped);
  }

 private:
  const Maps* maps_;  // null: no rotation
  Choice choice_;
  int64_t kept_;
  Matrix<float> mapped_keys_;
  ConstMatrixView<float> keys_;
};

class BasisScores final : public ScoreModel {
 public:
  BasisScores(PerHead<Maps> maps, Choice choice, PerHead<int64_t> kept)
      : maps_(std::move(maps)), choice_(choice), kept_(std::move(kept)) {}

  std::unique_ptr<HeadScores> prepare(const AttentionInput& input, int64_t kv_head) const override {
    const auto layer = static_cast<std::size_t>(input.layer.value);
    const auto g = static_cast<std::size_t>(kv_head);
    return std::make_unique<BasisHeadScores>(
        input.k.head(kv_head), maps_.empty() ? nullptr : &maps_.at(layer).at(g), choice_,
        choice_ == Choice::largest ? kept_.at(layer).at(g) : 0);
  }

 private:
  PerHead<Maps> maps_;
  Choice choice_;
  PerHead<int64_t> kept_;
};

Matrix<float> first_columns(const Matrix<double>& map, int64_t columns) {
  return Matrix<float>::copy_of(map.view().columns(0, columns));
}

}  // namespace

PerHead<int64_t> kept_dimensions(const VariantSpec& spec, const VariantRequest& request) {
  if (spec.given("plan")) return {request.kept.begin(), request.kept.end()};
  return everywhere(request, projection::kept_dimensions(spec.number("k"), request.heads.head_dim));
}

PerHead<int64_t> everywhere(const VariantRequest& request, int64_t dimensions) {
  return PerHead<int64_t>(
      static_cast<std::size_t>(request.layers),
      std::vector<int64_t>(static_cast<std::size_t>(request.heads.kv_heads), dimensions));
}

PerHead<Maps> maps_of(const VariantSpec& spec, const VariantRequest& request,
                      std::string_view method, const PerHead<int64_t>& stored) {
  const LayerBases& bases = *request.bases.find(method)->second;
  PerHead<Maps> maps(static_cast<std::size_t>(request.layers));
  for (LayerIndex layer{0}; layer.value < request.layers; ++layer.value) {
    if (!spec.applies_to(layer)) continue;
    const auto l = static_cast<std::size_t>(layer.value);
    const auto& heads = bases.at(layer);
    for (std::size_t g = 0; g < heads.size(); ++g) {
      maps[l].push_back({first_columns(heads[g].query_map, stored[l][g]),
                         first_columns(heads[g].key_map, stored[l][g])});
    }
  }
  return maps;
}

void map_rows(ConstMatrixView<float> x, const Matrix<float>& map, MatrixView<float> mapped) {
  linalg::gemm(linalg::Op::none, linalg::Op::none, 1.0F, x, map, 0.0F, mapped);
}

void keep_largest(int64_t kept, MatrixView<float> rows) {
  if (kept >= rows.cols()) return;
  std::vector<float> mask(static_cast<std::size_t>(rows.cols()));
  std::vector<float> scratch(mask.size());
  for (int64_t r = 0; r < rows.rows(); ++r) {
    const auto row = rows.row(r);
    projection::select_largest(row, kept, mask, scratch);
    for (std::size_t i = 0; i < row.size(); ++i) row[i] *= mask[i];
  }
}

std::unique_ptr<ScoreModel> make_basis_scores(PerHead<Maps> maps, Choice choice,
                                              PerHead<int64_t> kept) {
  return std::make_unique<BasisScores>(std::move(maps), choice, std::move(kept));
}

}  // namespace aqua::attention
