# An analysis that is interrupted keeps its finished parts in the folder of --resume, writes nothing
# else, and the same command ends in the bytes of a run without interruption.
. "$(dirname "$0")/lib.sh"

export SOURCE_DATE_EPOCH=1700000000 # the date is in the result
set -m                              # jobs of their own process groups, which do not ignore SIGINT

# interrupted_after PART ARGUMENT...: stopped once a file work/PART is there.
interrupted_after() {
  local part=$1
  shift
  command_line="$* (interrupted)"
  "$AQUA" "$@" >stdout 2>stderr &
  local pid=$!
  until compgen -G "work/$part" >/dev/null || ! kill -0 "$pid" 2>/dev/null; do
    sleep 0.01
  done
  kill -INT "$pid" || broken "expected it to run until it is interrupted"
  status=0
  wait "$pid" 2>/dev/null || status=$?
}

# resumes PART RECOMPUTED COMMAND OPTION...: a line of stderr that matches RECOMPUTED would say that
# the part is computed again.
resumes() {
  local part=$1 recomputed=$2
  shift 2
  local command="analyze $* --json --csv out.csv"
  rm -rf work
  aqua $command
  expect_status 0
  grep -q "$recomputed" stderr || broken "expected \"$recomputed\" of a run from the start"
  cp stdout whole.json
  mv out.csv whole.csv

  interrupted_after "$part" $command --resume work
  expect_status 130
  expect_stdout_is ""
  [ "$(tail -n 1 stderr)" = "aqua: interrupted" ] || broken "expected it to say so"
  local kept
  kept=$(find work -type f | sort | tr '\n' ' ')
  expect_only_files whole.csv whole.json $kept
  case $kept in *.partial*) broken "expected whole files only" ;; esac

  aqua $command --resume work
  expect_status 0
  expect_stderr_contains "taken from $(compgen -G "work/$part")"
  ! grep -q "$recomputed" stderr || broken "expected the finished part not to be computed again"
  cmp stdout whole.json || broken "expected the JSON of a run without interruption"
  cmp out.csv whole.csv || broken "expected the CSV of a run without interruption"
  rm out.csv
}

text="--max-tokens 1536"
measure="--k-ratios 0.5 --bootstrap 20"
# A fit on several parts of a text is finished with the last of them.
resumes "fit-en-0-*" "^fitting en: " transfer $text $measure --no-pairs
resumes "fit-en-2-*" "^fitting en: " convergence $text $measure --counts 512,1024,1536
resumes "fit-en-1-*" "^fitting en: " sensitivity $text --k-ratios 0.5 --parts 2
resumes "measured-en-*" "^measuring en: " retention $text $measure --bases aqua,native
# One sequence a pass.
resumes "scores-en-0-*" "^perplexity en, sequences 1 to 1 of 3: " \
  perplexity $text --bootstrap 20 --memory-limit 1MB --variants "h2o;aqua:k=0.5" --fidelity
resumes "haystacks-en-256-*" "^en haystacks of 256 tokens: [0-9]" \
  needle $text --bootstrap 20 --lengths 256,512 --depths 0.5 --count 4 --variants h2o

# A plan is a file besides.
plan="plan $text --bootstrap 20 --json -o plan.json"
rm -rf work
aqua $plan
expect_status 0
mv stdout whole.json
mv plan.json whole.plan.json
interrupted_after "curves-en-*" $plan --resume work
expect_status 130
expect_no_file plan.json
aqua $plan --resume work
expect_status 0
expect_stderr_contains "fit on en: taken from $(compgen -G "work/fit-en-*")"
expect_stderr_contains "curves of en: taken from $(compgen -G "work/curves-en-*")"
cmp stdout whole.json || broken "expected the JSON of a run without interruption"
cmp plan.json whole.plan.json || broken "expected the plan of a run without interruption"
# Everything is there now.
aqua $plan --resume work
expect_status 0
expect_stderr_contains "measurements on hi: taken from"
cmp stdout whole.json || broken "expected the same again"
