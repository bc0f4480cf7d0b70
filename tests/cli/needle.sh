# aqua analyze needle: the numbers, the forms, what is refused.
. "$(dirname "$0")/lib.sh"

options="-c en --max-tokens 512 --sequence-length 128 --lengths 64,96 --depths 0.5 --count 2 --bootstrap 20"
aqua analyze needle $options --variants "aqua:k=1;aqua:k=0.25" --json --with-tokens --csv n.csv
expect_status 0
expect_stderr_contains "no calibration file given: fitting on en first"
cp stdout needle.json
python '
import csv, json
result = json.load(open("stdout"))
assert result["schema"] == "aqua-needle" and result["schema_version"] == 1
(corpus,) = result["corpora"]
assert corpus["attentions"] == ["exact", "aqua:k=1", "aqua:k=0.25"]
assert corpus["needles"] == ["en-1", "en-2"]
assert len(corpus["cells"]) == 6 and len(corpus["haystacks"]) == 4
for h in corpus["haystacks"]:
    ids, n = h["ids"], h["needle_count"]
    assert len(ids) == h["length"]
    assert ids[h["needle_first"]:][:n] == ids[-n:]
    assert ids[h["copied_first"]:][:h["answer_count"]] == ids[h["answer_first"]:]
for i in 0, 3:
    exact, all_kept, quarter = corpus["cells"][i:i + 3]
    assert abs(all_kept["loss"]["value"] - exact["loss"]["value"]) < 1e-3
    assert abs(all_kept["mass"]["value"] - exact["mass"]["value"]) < 1e-3
    assert abs(quarter["loss_change"]["value"]) > 1e-3
rows = list(csv.DictReader(open("n.csv")))
assert len(rows) == 6 * 7
assert float(rows[0]["value"]) == corpus["cells"][0]["loss"]["value"]'

aqua report needle.json -o needle.md
expect_status 0
expect_stdout_contains "Needles in haystacks"
for picture in needle-lengths needle-map; do
  grep -q "](needle_assets/$picture.svg)" needle.md || broken "expected picture $picture in needle.md"
done

aqua analyze needle $options
expect_status 0
expect_80_columns stdout
expect_stdout_contains "en: 2 needles"

expect_failure 2 "depth: expected a number from 0 to 1, found 2" analyze needle -q -c en --depths 2 --max-tokens 512
expect_failure 3 "none.jsonl: cannot be opened: No such file or directory" analyze needle --needles none.jsonl
