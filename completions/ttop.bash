# Completion of ttop for bash. ttop takes the line apart and quotes what it offers, so each line of its answer is
# inserted as it is.
_ttop() {
    COMPREPLY=()
    local value
    while IFS= read -r value; do
        COMPREPLY+=("${value%%$'\t'*}")
    done < <(TTOP_COMPLETE=bash ttop -- "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=/] ]]; then
        compopt -o nospace 2>/dev/null
    fi
}
if [[ ${BASH_VERSINFO[0]} -gt 4 || ${BASH_VERSINFO[0]} -eq 4 && ${BASH_VERSINFO[1]} -ge 4 ]]; then
    complete -o bashdefault -o nosort -F _ttop ttop
else
    complete -o bashdefault -F _ttop ttop
fi
