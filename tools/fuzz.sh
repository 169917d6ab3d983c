# Fuzzes the parsers; to be sourced.

fuzz_programs=build/fuzz/test/fuzz
# What the fuzzer has found worth keeping, beside the seeds of the tree.
fuzz_found=$cache/fuzz

# Prints the names of all targets.
fuzz_targets() {
  local source
  for source in test/fuzz/*.cpp; do
    basename "$source" .cpp
  done
}

# fuzz_target NAME SECONDS: what went wrong lies in $fuzz_found then.
fuzz_target() {
  local corpus=$fuzz_found/$1
  mkdir -p "$corpus"
  run env \
    ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1 \
    UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1 \
    "$fuzz_programs/natgw-fuzz-$1" -max_total_time="$2" -timeout=20 \
    -rss_limit_mb=2048 -max_len=16384 -print_final_stats=1 -verbosity=1 \
    -artifact_prefix="$fuzz_found/$1-" "$corpus" "test/fuzz/corpus/$1"
}

# run_fuzz [SECONDS [TARGET...]]: ten minutes for every target by default.
run_fuzz() {
  local seconds=${1:-600} target
  local targets=("${@:2}")
  ((${#targets[@]} > 0)) || mapfile -t targets < <(fuzz_targets)
  build fuzz natgw-fuzz
  for target in "${targets[@]}"; do
    say "fuzzing $target for $seconds s"
    fuzz_target "$target" "$seconds" \
      || die "$target fails; the input lies in $fuzz_found"
  done
}
