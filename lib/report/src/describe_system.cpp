#include "aqua/core/version.hpp"
#include "aqua/linalg/products.hpp"
#include "aqua/report/describe.hpp"

namespace aqua::report {

Summary describe_system(const SystemFacts& facts) {
  const linalg::Backend& backend = facts.backend;
  Section program{.key = "program",
                  .title = "Program",
                  .facts = {{"version", "aqua", std::string(version())},
                            {"compiler", "compiled by", std::string("g++ " __VERSION__)},
                            {"data_folder", "data folder", facts.data_folder}}};
  Section processor{.key = "cpu",
                    .title = "CPU",
                    .facts = {{"model", "model", backend.cpu_model},
                              {"vectors", "widest vectors", backend.cpu_level},
                              {"threads", "available cores", int64_t{facts.threads}}}};
  Section blas{.key = "blas",
               .title = "Linear algebra",
               .facts = {{"library", "library", backend.library},
                         {"threading", "built for threads", backend.threading},
                         {"kernels", "kernels that run", backend.kernels},
                         {"requested", "OPENBLAS_CORETYPE",
                          backend.requested.empty() ? Value() : Value(backend.requested)},
                         {"held_back", "slower than the CPU allows", backend.held_back},
                         {"products_float32", "products, float32",
                          make_product_engine(linalg::ProductType::float32)->name()},
                         {"products_bfloat16", "products, bfloat16",
                          linalg::has_bfloat16_products()
                              ? Value(make_product_engine(linalg::ProductType::bfloat16)->name())
                              : Value()}}};
  if (backend.held_back) blas.notes = {linalg::backend_warning(backend)};
  return {.schema = "aqua-inspect-system",
          .title = "This machine",
          .sections = {std::move(program), std::move(processor), std::move(blas)}};
}

}  // namespace aqua::report
