
# `cargo xtask …` is completed as `xtask …`, everything else by what there is for cargo.
function __cargo_is_xtask
    set -l words (commandline -opc)
    test (count $words) -ge 2; and test $words[2] = xtask
end

function __cargo_xtask
    set -l words (commandline -opc)
    set -l typed (string escape -- $words[3..-1])
    complete --do-complete "xtask "(string join ' ' -- $typed (commandline -ct))
end

complete -c cargo -n 'test (count (commandline -opc)) -eq 1' -f -a xtask -d 'The socket lab'
complete -c cargo -n __cargo_is_xtask -f -a '(__cargo_xtask)'
