# aqua report: a page or Markdown from calibrations and results, nothing left behind on failure.
. "$(dirname "$0")/lib.sh"

aqua calibrate -q $small --layers 0,3 -o m.aqua.h5
expect_status 0
aqua analyze retention m.aqua.h5 -q $small --layers 0,3 --k-ratios 0.25,0.5 --bases aqua,native \
  --bootstrap 20 --json
expect_status 0
cp stdout retention.json
aqua analyze perplexity -q $small --json
expect_status 0
cp stdout perplexity.json

aqua report m.aqua.h5 retention.json perplexity.json
expect_status 0
expect_stderr_is ""
expect_stdout_contains "AQUA report: aqua-tiny-bilingual"
expect_80_columns stdout
expect_file report.html
# What the page shows is what the results hold.
python '
import html.parser, json, re
page = open("report.html", encoding="utf-8").read()
result = json.load(open("retention.json"))
data = json.loads(re.search(r"<script type=\"application/json\" id=\"charts\">(.*?)</script>", page, re.S)[1])
charts = {chart["id"]: chart for chart in data["charts"]}
def number(chart, **places):
    cube = data["cubes"][charts[chart]["cube"]]
    at = 0
    for dimension in cube["dimensions"]:
        labels = dimension["labels"]
        at = at * len(labels) + labels.index(places[dimension["key"]])
    return cube["values"][at], cube["low"][at] if "low" in cube else None
compared = 0
for corpus in result["corpora"]:
    for setting in corpus["results"]:
        for measure, m in setting["measures"].items():
            where = dict(measure=result["measures"][measure]["label"], corpus=corpus["corpus"]["name"],
                         basis=setting["basis"], selection=setting["selection"],
                         k_ratio="%g (k = %d)" % (setting["k_ratio"], setting["k"]))
            assert number("retention-curves", **where) == (m["model"]["value"], m["model"]["low"])
            for layer, heads in zip(corpus["layers"], m["heads"]):
                for head, value in enumerate(heads):
                    assert number("heads-map", layer=str(layer), head=str(head), **where)[0] == value
                    compared += 1
assert compared == 2 * 2 * 2 * 2 * 9 * 2 * 8, compared
class Page(html.parser.HTMLParser):
    def handle_starttag(self, tag, attributes):
        values = dict(attributes)
        assert not ({"src", "srcset", "onclick", "onload"} & set(values)), (tag, values)
        assert not values.get("href", "#").split("#")[0], (tag, values)
Page().feed(page)'

aqua report m.aqua.h5 retention.json -o sub.md --json
expect_status 0
python 'import json
result = json.load(open("stdout"))["output"]
assert result["format"] == "md" and result["pictures"] == 6, result'
for picture in retention-curves retention-bases retention-layers heads-map spectra-energy spectra-heads; do
  grep -q "](sub_assets/$picture.svg)" sub.md || broken "expected picture $picture in sub.md"
done
python 'import glob, xml.dom.minidom
files = glob.glob("sub_assets/*.svg")
assert len(files) == 6, files
for file in files: xml.dom.minidom.parse(file)'

# Equal inputs make equal pages.
SOURCE_DATE_EPOCH=1700000000 "$AQUA" report retention.json -o one.html >/dev/null
SOURCE_DATE_EPOCH=1700000000 "$AQUA" report retention.json -o two.html >/dev/null
cmp one.html two.html || broken "expected equal pages"
rm -r sub_assets

printf '{"schema": "aqua-other", "schema_version": 1}' >other.json
printf '{"schema": "aqua-retention", "schema_version": 7}' >later.json
aqua report other.json -o new.html
expect_status 3
expect_stderr_contains 'aqua: other.json: "schema": expected one of aqua-retention, '
expect_failure 3 'later.json: "schema_version": expected 1 for aqua-retention, found 7' \
  report m.aqua.h5 later.json -o new.md
expect_failure 3 "no.json: cannot be opened: No such file or directory" report no.json -o new.html
expect_failure 3 "no/new.md: cannot be written: the folder no does not exist" \
  report retention.json -o no/new.md
expect_failure 2 "retention.json: the report would replace an input; choose another --output" \
  report retention.json -o retention.json --format html
expect_failure 2 "new.txt: no report format has this extension; choose html or md with --format" \
  report retention.json -o new.txt
expect_failure 2 '--format: "pdf" is not one of html, md' report retention.json --format pdf
expect_only_files later.json m.aqua.h5 one.html other.json perplexity.json report.html retention.json \
  sub.md two.html
