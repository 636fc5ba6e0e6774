
# `cargo xtask …` is completed by _xtask, everything else by what there was for cargo.
if (( ! $+_cargo_without_xtask )); then
    typeset -g _cargo_without_xtask=${_comps[cargo]:-_default}
fi

_cargo_with_xtask() {
    if (( CURRENT >= 3 )) && [[ $words[2] == xtask ]]; then
        shift words
        (( CURRENT -= 1 ))
        _xtask "$@"
        return
    fi
    local found=1
    if (( CURRENT == 2 )); then
        compadd -- xtask && found=0
    fi
    $_cargo_without_xtask "$@" && found=0
    return found
}

compdef _cargo_with_xtask cargo
