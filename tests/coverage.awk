# Reads what llvm-cov exports as lcov, and tells the covered lines of each crate's own source, test modules left out, and the files that lack most.
# Fails when a crate is below LEAST per cent. Needs ROOT, the checkout with a slash at its end, and LEAST.

# The line at which the test module of a file begins: it stands at the end of each.
function tests_begin(path, line, at, mark) {
    at = 0
    mark = -1
    while ((getline line <path) > 0) {
        at++
        if (line ~ /^#\[cfg\(test\)\]/) mark = at
        else if (mark == at - 1 && line ~ /^(pub(\([a-z]+\))? )?mod [a-z_]+ \{/) break
    }
    close(path)
    return line ~ /^(pub(\([a-z]+\))? )?mod [a-z_]+ \{/ && mark == at - 1 ? mark : 0
}

/^SF:/ {
    path = substr($0, 4)
    file = index(path, ROOT) == 1 ? substr(path, length(ROOT) + 1) : ""
    crate = substr(file, 1, index(file, "/") - 1)
    # A module of tests in a file of its own.
    counted = file ~ /^(words|cases|render|reads|mrmc)\/src\// && file !~ /\/(tests\.rs|fidelity\/.*)$/
    end = counted ? tests_begin(path) : 0
}

/^DA:/ && counted {
    split(substr($0, 4), line, ",")
    if (end && line[1] >= end) next
    lines[crate]++
    if (line[2] > 0) hit[crate]++
    else missed[file]++
}

END {
    for (file in missed) if (missed[file] >= 20) printf "%5d lines not reached in %s\n", missed[file], file | "sort -rn >&2"
    close("sort -rn >&2")
    count = split("words cases reads mrmc render", crates, " ")
    for (i = 1; i <= count; i++) {
        crate = crates[i]
        share = lines[crate] ? 100 * hit[crate] / lines[crate] : 0
        if (share < LEAST) low = 1
        printf "coverage of %s: %.1f %% of %d lines\n", crate, share, lines[crate]
    }
    exit low
}
