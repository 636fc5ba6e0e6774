
# `cargo xtask …` is completed by _xtask, everything else by what there was for cargo.
if [[ -z ${_cargo_without_xtask-} ]]; then
    # bash-completion loads what it has when it is first asked for.
    if ! complete -p cargo &> /dev/null; then
        _comp_load cargo &> /dev/null || _completion_loader cargo &> /dev/null
    fi
    _cargo_without_xtask=$(complete -p cargo 2> /dev/null)
    if [[ $_cargo_without_xtask =~ -F\ ([^\ ]+) ]]; then
        _cargo_without_xtask=${BASH_REMATCH[1]}
    else
        _cargo_without_xtask=none
    fi
fi

_cargo_with_xtask() {
    if [[ $COMP_CWORD -ge 2 && ${COMP_WORDS[1]} == xtask ]]; then
        COMP_WORDS=("${COMP_WORDS[@]:1}")
        COMP_CWORD=$((COMP_CWORD - 1))
        _xtask xtask "$2" "$3"
        return
    fi
    if [[ $_cargo_without_xtask != none ]]; then
        "$_cargo_without_xtask" "$@"
    fi
    if [[ $COMP_CWORD -eq 1 && xtask == "$2"* && " ${COMPREPLY[*]} " != *" xtask "* ]]; then
        COMPREPLY+=(xtask)
    fi
}

complete -F _cargo_with_xtask -o bashdefault -o default cargo
