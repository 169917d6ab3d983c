# Format, static analysis and style; to be sourced. A source that clang-tidy
# has passed is not analysed again until it, or a header of ours that it
# includes, or a tool changes.

lint_passed=0
lint_failed=0

lint_result() {
  if (($2 == 0)); then
    lint_passed=$((lint_passed + 1))
  else
    lint_failed=$((lint_failed + 1))
  fi
  printf '%-14s %s\n' "$1" "$( (($2 == 0)) && echo passed || echo failed)"
}

# "key file" for each source: the key covers everything of ours that its
# analysis depends on.
tidy_keys() {
  local base
  base=$({
    dpkg-query -W clang-tidy-19 libcaf-dev libboost-dev
    cat .clang-tidy tools/tidy_batch.sh
  } | sha256sum | cut -c1-64)
  git ls-files '*.cpp' '*.hpp' > "$cache/lint.files"
  {
    xargs sha256sum < "$cache/lint.files"
    xargs grep -HE '^ *# *include "' < "$cache/lint.files"
  } | awk -f tools/include_closure.awk | while read -r file hashes; do
    printf '%s %s\n' \
      "$(echo "$base $hashes" | sha256sum | cut -c1-64)" "$file"
  done
}

# Of "key file" lines makes one line for each analysis: sources by the dozen,
# of one folder each. A test that opens a namespace of the product is analysed
# by itself: its helpers may be called like those of the next. So is a fuzz
# target, since each has the one function of that name.
tidy_batches() {
  local alone
  alone=$(git ls-files 'test/*.cpp' | xargs grep -lE \
    '^namespace [a-z]|LLVMFuzzerTestOneInput')
  awk -v alone="$alone test/main.cpp" '
  BEGIN {
    split(alone, names)
    for (i in names) single[names[i]] = 1
  }
  {
    folder = $2
    sub(/\/[^\/]*$/, "", folder)
    if (folder !~ /^test/) sub(/\/.*/, "", folder)
    if ($2 in single) folder = $2
    if (folder != last || count == 12) {
      if (line != "") print line
      line = ""
      count = 0
    }
    line = line " " $0
    last = folder
    count++
  }
  END { if (line != "") print line }'
}

run_tidy() {
  local todo=$cache/lint.todo status=0
  mkdir -p "$cache/tidy"
  tidy_keys | while read -r key file; do
    if [[ -e $cache/tidy/$key ]]; then
      touch "$cache/tidy/$key"
    else
      printf '%s %s\n' "$key" "$file"
    fi
  done > "$todo"
  say "clang-tidy: $(wc -l < "$todo") of $(git ls-files '*.cpp' | wc -l)" \
    "sources to analyse"
  tidy_batches < "$todo" > "$todo.batches"
  run xargs -r -a "$todo.batches" -P "$cores" -L 1 \
    tools/tidy_batch.sh "$cache/tidy" || status=1
  # What has not been of use for a month never will be.
  find "$cache/tidy" -type f -mtime +30 -delete
  lint_result clang-tidy "$status"
}

run_lint() {
  local status
  status=0
  git ls-files '*.cpp' '*.hpp' \
    | xargs -r clang-format-19 --dry-run --Werror || status=1
  lint_result clang-format "$status"
  status=0
  test/tidy.sh || status=1
  lint_result style "$status"
  [[ $1 == format ]] || run_tidy
  printf '%d passed, %d failed\n' "$lint_passed" "$lint_failed"
  ((lint_failed == 0))
}
