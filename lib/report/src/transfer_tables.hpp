// The tables of the transfer report.
#pragma once

#include <string>

#include "aqua/analysis/transfer.hpp"

namespace aqua::report {

/// T[fit][evaluation] of the query loss, and of key loss and output error beside each other.
std::string transfer_value_tables(const analysis::TransferResult& result);
/// Gaps of the query loss to the native rows.
std::string transfer_gap_table(const analysis::TransferResult& result);
/// Differences between aligned texts, query loss.
std::string transfer_difference_table(const analysis::TransferResult& result);
/// Overlaps and angles of the fits' subspaces.
std::string transfer_subspace_table(const analysis::TransferResult& result);
/// Gap of the dynamic query loss, and overlap, by layer at each k_ratio.
std::string transfer_layer_tables(const analysis::TransferResult& result);

/// The cells of one measure; null when it was not measured.
const std::vector<std::vector<analysis::TransferCell>>* cells_of(
    const analysis::TransferResult& result, analysis::Measure measure,
    analysis::Selection selection, double k_ratio);

/// Text labels, short enough for the tables.
std::string fit_label(const analysis::TransferResult& result, std::size_t fit);
std::string evaluation_label(const analysis::TransferResult& result, std::size_t evaluation);

}  // namespace aqua::report
