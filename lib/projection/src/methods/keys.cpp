#include "singular_basis.hpp"

namespace aqua::projection {

Basis make_keys(const BasisRequest& request) {
  return singular_basis(statistics_of(request).key.r());
}

}  // namespace aqua::projection
