# Runs the tests and counts; to be sourced.

. tools/caf_tsan.sh
. tools/kube_servers.sh
. tools/sdk.sh
. tools/helm_template.sh
. tools/fuzz.sh
. tools/secrets.sh

passed=0
failed=0
results=()
# What a suite that fails says of itself, and the lines that say it.
complaints=()
complaint='(error|fatal error): in "|ERROR: |WARNING: |runtime error: |SUMMARY: '

# Adds to the sums: count NAME PASSED FAILED.
count() {
  passed=$((passed + $2))
  failed=$((failed + $3))
  results+=("$(printf '%-28s %5d passed, %d failed' "$1" "$2" "$3")")
}

# attribute NAME FILE: a number out of Boost.Test's XML report.
attribute() {
  local value
  value=$(sed -n "s/.*<TestSuite [^>]*$1=\"\([0-9]*\)\".*/\1/p" "$2" \
    | head -n 1)
  echo "${value:-0}"
}

# How long a suite may take, in seconds.
suite_limit=900

# Where all that suites and the controllers in them wrote is kept.
kept=

# The suites under way: names, ids, reports and what they say.
names=()
pids=()
reports=()
logs=()

# start_suite NAME EXECUTABLE [ARGUMENT...]: starts a Boost.Test executable in
# the present environment.
start_suite() {
  local name=$1 executable=$2
  shift 2
  [[ -x $executable ]] || return 0
  say "running $name"
  names+=("$name")
  reports+=("$(mktemp "$cache/report.XXXXXX")")
  logs+=("$(mktemp "$cache/log.XXXXXX")")
  timeout --kill-after=10 "$suite_limit" "$executable" --report_format=XML \
    --report_level=short --report_sink="${reports[-1]}" --log_level=error \
    --color_output=no "$@" > "${logs[-1]}" 2>&1 &
  children+=($!)
  pids+=($!)
}

# Waits for the suites that were started and counts their cases.
finish_suites() {
  local i status
  for i in "${!names[@]}"; do
    status=0
    reap "${pids[$i]}" || status=$?
    judge_suite "$status" "${names[$i]}" "${reports[$i]}" "${logs[$i]}"
  done
  names=()
  pids=()
  reports=()
  logs=()
}

# judge_suite STATUS NAME REPORT LOG: a suite that dies without a report, or
# complains after it (a leak, a race), counts as one failure. What it says is
# shown only if it fails.
judge_suite() {
  local status=$1 name=$2 report=$3 log=$4 good=0 bad=0
  if [[ -s $report ]]; then
    good=$(($(attribute test_cases_passed "$report") \
      + $(attribute test_cases_passed_with_warnings "$report")))
    bad=$(($(attribute test_cases_failed "$report") \
      + $(attribute test_cases_aborted "$report") \
      + $(attribute test_cases_timed_out "$report")))
  fi
  if ((status != 0)); then
    tail -n 400 "$log" >&2
    complaints+=("$name ended with status $status:"
      "$({ grep -E "$complaint" "$log" || true; } | cut -c1-300 | head -n 20)")
    ((bad > 0)) || bad=1
  fi
  rm -f "$report"
  mv "$log" "$kept/suite.${log##*.}"
  count "$name" "$good" "$bad"
}

run_suite() {
  start_suite "$@"
  finish_suites
}

# check NAME COMMAND...: one check that a command makes.
check() {
  local name=$1
  shift
  say "running $name"
  if "$@" >&2; then
    count "$name" 1 0
  else
    count "$name" 0 1
  fi
}

run_address_tests() {
  local kind
  export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1
  export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1
  export LSAN_OPTIONS=suppressions=$root/test/lsan.supp:print_suppressions=0
  for kind in unit actor simulation integration; do
    run_suite "$kind (asan, ubsan)" "build/asan/test/natgw-test-$kind"
  done
}

# fails_alone FAMILY SEED: whether a run fails that nothing ran before.
fails_alone() {
  ! run timeout --kill-after=10 60 build/release/test/natgw-sim \
    --family "$1" --seed "$2" > /dev/null 2>&1
}

# The simulation, optimised: each family in its turn. It fails for seeds that
# fail again by themselves and are not known to, and if a kind of fault or of
# crash has been met too rarely.
simulation_seeds=${NATGW_SIMULATION_SEEDS:-2000}
run_simulation() {
  local log good=0 family seed surprises=()
  build release natgw-sim -DNATGW_TESTS=ON
  say "running $simulation_seeds seeds of the simulation"
  log=$(mktemp "$cache/log.XXXXXX")
  run timeout --kill-after=10 "$suite_limit" build/release/test/natgw-sim \
    --family all --seeds "$simulation_seeds" --jobs "$cores" \
    --check-coverage > "$log" 2>&1 || true
  good=$(sed -n 's/.* \([0-9]*\) passed, [0-9]* failed$/\1/p' "$log")
  [[ -n $good ]] || surprises+=("it has not come to its end")
  while read -r family seed; do
    if grep -qx "$family $seed" test/simulation/open_seeds; then
      say "$family $seed still fails: test/simulation/open_seeds"
    elif fails_alone "$family" "$seed"; then
      surprises+=("$(grep -m 1 "^$family seed $seed: " "$log" | cut -c1-300)")
    else
      say "$family $seed has failed, and does not fail by itself"
    fi
  done < <(sed -n 's/^\([a-z]*\) seed \([0-9]*\): .*/\1 \2/p' "$log")
  mapfile -t -O "${#surprises[@]}" surprises < <(grep '^too ' "$log")
  if ((${#surprises[@]} > 0)); then
    tail -n 400 "$log" >&2
    complaints+=("${surprises[@]/#/simulation: }")
  fi
  rm -f "$log"
  count "simulation, $simulation_seeds seeds" "${good:-0}" "${#surprises[@]}"
}

# The emulated cloud, called by the cloud's official SDK.
run_sdk_tests() {
  find_sdk
  NODE_PATH=$sdk_modules \
    run_suite 'sdk (asan, ubsan)' build/asan/test/natgw-test-sdk
}

# Scenarios on a real kube-apiserver and on the embedded one. They wait more
# than they work, for leases, deadlines and back-off: two halves side by side,
# each with servers of its own, and others may compile meanwhile.
start_kube_tests() {
  local half=kube_leader,kube_faults,kube_outage,kube_scale,kube_credentials
  local executable=build/asan/test/natgw-test-kube
  find_kube_servers
  export NATGW_KUBE_SERVERS=$kube_servers
  find_helm_template
  export NATGW_HELM_TEMPLATE=$helm_template
  suite_limit=1500
  start_suite 'kube, ends (asan, ubsan)' "$executable" --run_test="$half"
  start_suite 'kube, rest (asan, ubsan)' "$executable" --run_test="!$half"
  suite_limit=900
}

# As long as it takes to see that every target works, and that its seeds do.
run_fuzz_tests() {
  local target log
  build fuzz natgw-fuzz
  log=$(mktemp "$cache/log.XXXXXX")
  for target in $(fuzz_targets); do
    say "running fuzz $target"
    if fuzz_target "$target" 5 > "$log" 2>&1; then
      count "fuzz $target" 1 0
    else
      tail -n 100 "$log" >&2
      complaints+=("fuzz $target failed; the input lies in $fuzz_found")
      count "fuzz $target" 0 1
    fi
  done
  rm -f "$log"
}

build_thread_tests() {
  find_caf_tsan
  build tsan all
}

# The tests whose subject has threads; nothing is suppressed.
run_thread_tests() {
  export TSAN_OPTIONS=halt_on_error=0:exitcode=66:second_deadlock_stack=1
  export LD_LIBRARY_PATH=$caf_tsan
  # It would be given that CAF, too.
  unset NATGW_SHIPPED
  run_suite 'unit, concurrent (tsan)' build/tsan/test/natgw-test-unit
  run_suite 'actor (tsan)' build/tsan/test/natgw-test-actor
  run_suite 'integration (tsan)' build/tsan/test/natgw-test-integration
  unset LD_LIBRARY_PATH
}

run_tests() {
  NATGW_KUBECTL=$(kubectl_binaries | paste -sd:)
  export NATGW_KUBECTL
  kept=$(mktemp -d "$cache/kept.XXXXXX")
  export NATGW_KEPT=$kept
  check 'style' test/tidy.sh
  check 'release build' build release natgw-controller
  check 'image' test/image.sh build/release/natgw-controller
  run_simulation
  build asan all
  # For what sanitizers would make too large.
  export NATGW_SHIPPED=$root/build/release/natgw-controller
  run_address_tests
  run_sdk_tests
  start_kube_tests
  install_packages "${fuzz_packages[@]}"
  run_fuzz_tests
  [[ $1 == address ]] || build_thread_tests
  finish_suites
  [[ $1 == address ]] || run_thread_tests
  check 'secrets' find_no_secrets "$kept"
  if ((failed > 0)); then
    say "what was written is kept in $kept"
  else
    rm -rf "$kept"
  fi
  printf '%s\n' "${complaints[@]}" "${results[@]}"
  printf '%d passed, %d failed\n' "$passed" "$failed"
  ((failed == 0))
}
