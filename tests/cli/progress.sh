# Progress: plain lines where stderr is no terminal, one redrawn line on a terminal, nothing when quiet.
. "$(dirname "$0")/lib.sh"

aqua calibrate $small --layers 0 -o m.aqua.h5
expect_status 0
expect_stderr_contains "fitting en: "
expect_stderr_contains "fitting en: done in "
! grep -q $'[\r\033]' stderr || broken "expected plain lines"

aqua calibrate $small --layers 0 -o m.aqua.h5 --quiet
expect_status 0
expect_stderr_is ""

on_terminal() {
  "$python3" - "$@" <<'PYTHON'
import os, pty, subprocess, sys
master, slave = pty.openpty()
process = subprocess.Popen(sys.argv[1:], stderr=slave)
os.close(slave)
seen = b""
while True:
    try:
        chunk = os.read(master, 4096)
    except OSError:
        break
    if not chunk:
        break
    seen += chunk
sys.stderr.write(seen.decode())
sys.exit(process.wait())
PYTHON
}
run on_terminal "$AQUA" calibrate $small --layers 0 -o m.aqua.h5
expect_status 0
expect_stderr_contains $'\r\033[Kfitting en [..'
expect_stderr_contains "done in"
