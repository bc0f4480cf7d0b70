#include "aqua/report/table.hpp"

#include <gmock/gmock.h>

namespace aqua::report {
namespace {

TEST(Table, AlignsByDisplayWidth) {
  Table table({{"name", Align::left}, {"count", Align::right}});
  table.add_row({"漢字", "5"});
  table.add_row({"english", "12,345"});
  EXPECT_EQ(table.render(),
            "name      count\n"
            "---------------\n"
            "漢字          5\n"
            "english  12,345\n");
}

TEST(Table, StandsShortHeadersAtTheBottom) {
  Table table({{"a", Align::left}, {"two\nlines", Align::right}});
  table.add_row({"x", "1"});
  EXPECT_EQ(table.render(2),
            "       two\n"
            "  a  lines\n"
            "  --------\n"
            "  x      1\n");
}

TEST(Table, LeavesMissingCellsEmptyAndNoTrailingSpaces) {
  Table table({{"a", Align::left}, {"b", Align::left}});
  EXPECT_TRUE(table.empty());
  table.add_row({"x"});
  EXPECT_FALSE(table.empty());
  EXPECT_EQ(table.render(), "a  b\n----\nx\n");
}

TEST(LabelList, AlignsValuesAndWrapsUnderThem) {
  LabelList list;
  list.add("a", "short");
  list.add("label", std::string(60, 'x') + " " + std::string(30, 'y'));
  list.add("empty", "");
  EXPECT_EQ(list.render(), "a      short\nlabel  " + std::string(60, 'x') + "\n       " +
                               std::string(30, 'y') + "\nempty\n");
}

}  // namespace
}  // namespace aqua::report
