#!/usr/bin/env bash
# The style that a program can check: see the messages below. Prints each
# breach as file:line: rule, and fails if there is one.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8

mapfile -t sources < <(git ls-files '*.cpp' '*.hpp')
mapfile -t texts < <(git ls-files '*.cpp' '*.hpp' '*.sh' '*.js' '*.yaml' \
  '*.txt' '*.cmake' dev .ci/run)
problems=0

# Counts and shows the lines of its input, each a breach of the rule.
breach() {
  local rule=$1 line
  while IFS= read -r line; do
    printf '%s: %s\n' "$line" "$rule"
    problems=$((problems + 1))
  done
}

# "file:line" of the lines that match a pattern in the given files.
places() {
  local pattern=$1
  shift
  (($# == 0)) || grep -nHE "$pattern" "$@" | cut -d: -f1,2 || true
}

# Files below a folder.
below() {
  printf '%s\n' "${sources[@]}" | grep -E "^($1)/" || true
}

mapfile -t headers < <(printf '%s\n' "${sources[@]}" | grep '\.hpp$' || true)
mapfile -t tests < <(below test)
mapfile -t pure < <(below 'core|config|observe|serving|emulator')
mapfile -t dom_free < <(below 'core|config|clients|actors|messages|serving')

breach 'is longer than 80 characters' \
  < <(places '^.{81,}' "${sources[@]}")
breach 'has white space at its end' < <(places '[[:space:]]+$' "${texts[@]}")
breach 'has a tab' < <(places $'\t' "${sources[@]}")
breach 'includes all of CAF' < <(places '<caf/all\.hpp>' "${sources[@]}")
breach 'includes CAF outside of actors/, messages/ and clients/' \
  < <(places '#include <caf/' "${pure[@]}")
breach 'includes nlohmann/json outside of emulator/, cli/ and test/' \
  < <(places '#include <nlohmann/' "${dom_free[@]}")
breach 'opens a namespace in a header' \
  < <(places '^using namespace' "${headers[@]}")
breach 'sleeps in a test' \
  < <(places 'sleep_for|sleep_until|usleep *\(|nanosleep *\(|[^_a-z]sleep *\(' \
    "${tests[@]}")

without_guard() {
  local file
  for file in "${headers[@]}"; do
    [[ $(head -n 1 "$file") == '#pragma once' ]] || echo "$file:1"
  done
}

without_newline() {
  local file
  for file in "${texts[@]}"; do
    [[ -z $(tail -c 1 "$file") ]] || echo "$file:$(wc -l < "$file")"
  done
}

breach 'does not begin with #pragma once' < <(without_guard)
breach 'has no newline at the end' < <(without_newline)
breach 'begins a function of more than 60 lines' \
  < <(awk -f test/function_length.awk "${sources[@]}")

# Every test as suite/case.
test_names() {
  cat "${tests[@]}" | sed -z 's/(\n */(/g' \
    | grep -oE '(SUITE|CASE|SCENARIO)\([a-z0-9_]+' \
    | awk -F '(' '/SUITE/ { suite = $2; next } { print suite "/" $2 }' | sort -u
}

# "file:line" of the tests that a document names and nobody has written.
without_test() {
  local names line name
  names=$(test_names)
  while IFS=: read -r line name; do
    grep -qxF "$name" <<< "$names" || echo "docs/failure-modes.md:$line ($name)"
  done < <(sed -n 's/^- `\([a-z0-9_]*\/[a-z0-9_]*\)`$/\1/p; t; s/.*//p' \
    docs/failure-modes.md | grep -n /)
}

without_mode() {
  local n
  for n in {1..30}; do
    grep -qE "^## $n\. " docs/failure-modes.md \
      || echo "docs/failure-modes.md:0"
  done
}

# Defects that `./dev teeth` cannot plant any more, or that do not say what
# they are.
stale_defects() {
  local file
  for file in test/teeth/*.patch; do
    git apply --check "$file" 2> /dev/null && [[ $(head -c 2 "$file") == '# ' ]] \
      || echo "$file:1"
  done
}

breach 'names a test that there is not' < <(without_test)
breach 'has no section for one of the 30 failure modes' < <(without_mode)
breach 'does not apply to the tree' < <(stale_defects)

printf '%d files, %d problems\n' "${#texts[@]}" "$problems"
((problems == 0))
