#!/bin/sh
# Makes the image in which submissions are judged. It runs once, as root.
set -eu

autograder=${AUTOGRADER:-/autograder}

# Where whoever compiles a submission may read it; /root is nobody else's.
export CARGO_HOME="${CARGO_HOME:-/usr/local/cargo}"
export RUSTUP_HOME="${RUSTUP_HOME:-/usr/local/rustup}"
export PATH="$CARGO_HOME/bin:$PATH"

if ! command -v cc >/dev/null || ! command -v curl >/dev/null; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update
    apt-get install -y --no-install-recommends ca-certificates curl gcc libc6-dev
fi
if ! command -v cargo >/dev/null; then
    curl --proto '=https' --tlsv1.2 -sSf https://static.rust-lang.org/rustup/rustup-init.sh |
        sh -s -- -y --no-modify-path --profile minimal --default-toolchain @TOOLCHAIN@
fi

cd "$autograder/source/lab"
cargo xtask list

# Build now what each submission would have to wait for: the lab judges its own
# skeletons. Their report is of no interest, and a machine that only makes images
# may forbid what judging needs: what was built by then is what counts.
cargo xtask grade skeletons @ONLY@ --format "${LAB_FORMAT:-gradescope}" \
    --out "$autograder/source/warm.json" ||
    echo "setup.sh: the skeletons were not all judged here; see above"
