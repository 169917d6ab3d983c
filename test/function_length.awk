# Prints file:line of every C++ function whose body has more than 60 lines. A
# brace matcher, not a parser: good enough to keep giants from growing.

function fresh_file() {
  depth = 0
  head = ""
  raw = 0
  comment = 0
}

# Takes comments, strings and characters out of a line.
function stripped(line,    out, c, two, i) {
  out = ""
  for (i = 1; i <= length(line); i++) {
    c = substr(line, i, 1)
    two = substr(line, i, 2)
    if (raw) {
      if (two == ")\"") {
        raw = 0
        i++
      }
    } else if (comment) {
      if (two == "*/") {
        comment = 0
        i++
      }
    } else if (two == "//") {
      break
    } else if (two == "/*") {
      comment = 1
      i++
    } else if (substr(line, i, 3) == "R\"(") {
      raw = 1
      i += 2
    } else if (c == "\"" \
               || (c == "'" && substr(line, i - 1, 1) !~ /[0-9A-Fa-f]/)) {
      for (i++; i <= length(line) && substr(line, i, 1) != c; i++)
        if (substr(line, i, 1) == "\\")
          i++
      out = out "_"
    } else {
      out = out c
    }
  }
  return out
}

# What the block that opens after `head` is.
function kind_of_block() {
  if (depth > 0 && (kind[depth] == "function" || kind[depth] == "other"))
    return "other"
  if (head ~ /(^|[^a-z_])namespace([^a-z_]|$)/)
    return "scope"
  # An argument in braces: data.
  if (head ~ /[(][ ]*$/)
    return "other"
  if (head ~ /=[ ]*$/ || head !~ /[(]/)
    return head ~ /(^|[^a-z_])(class|struct|union)([^a-z_]|$)/ \
           ? "scope" : "other"
  if (head ~ /(^|[^a-z_])(class|struct|union|enum)[ ]+[a-z_0-9:]+[ ]*(final[ ]*)?(:[^:]|$)/)
    return "scope"
  return "function"
}

function open_block() {
  depth++
  kind[depth] = ""
  depth--
  k = kind_of_block()
  depth++
  kind[depth] = k
  start[depth] = FNR
  head = ""
}

function close_block() {
  if (depth < 1)
    return
  if (kind[depth] == "function" && FNR - start[depth] - 1 > 60)
    print FILENAME ":" start[depth]
  depth--
  head = ""
}

FNR == 1 { fresh_file() }

/^[ ]*#/ && !raw { next }

{
  line = stripped($0)
  while (match(line, /[{};]/)) {
    head = head " " substr(line, 1, RSTART - 1)
    c = substr(line, RSTART, 1)
    line = substr(line, RSTART + 1)
    if (c == "{")
      open_block()
    else if (c == "}")
      close_block()
    else
      head = ""
  }
  head = head " " line
}
