#include "document/escape.hpp"

#include <gmock/gmock.h>

namespace aqua::report::document {
namespace {

TEST(Escape, HtmlHasNoMarkupLeft) {
  EXPECT_EQ(html_escaped("<img src=x onerror=\"alert('&')\">"),
            "&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;");
  EXPECT_EQ(html_escaped("हिन्दी"), "हिन्दी");
  EXPECT_EQ(html_escaped(std::string_view("a\0b\n\xff", 5)), "a\\x00b\\x0a\\xff");
}

TEST(Escape, MarkdownShowsTextAsItIs) {
  EXPECT_EQ(markdown_escaped("a|b *c* [d](e) `f` #1"), "a\\|b \\*c\\* \\[d\\]\\(e\\) \\`f\\` \\#1");
  EXPECT_EQ(markdown_escaped("<b> & @user $x$"), "&lt;b&gt; &amp; &#64;user &#36;x&#36;");
  EXPECT_EQ(markdown_escaped("k: see http://x"), "k: see http&#58;//x");
  EXPECT_EQ(markdown_escaped("a\n# b"), "a\\\\x0a\\# b");
}

TEST(Escape, JsonInAScriptElementEndsNothing) {
  EXPECT_EQ(script_safe(R"({"a":"</script><!--"})"), R"({"a":"\u003c/script>\u003c!--"})");
}

TEST(Escape, DigestsAreBase64OfSha256) {
  // printf '' | openssl dgst -sha256 -binary | base64, and of "alert(1)".
  EXPECT_EQ(csp_digest(""), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  EXPECT_EQ(csp_digest("alert(1)"), "bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=");
}

}  // namespace
}  // namespace aqua::report::document
