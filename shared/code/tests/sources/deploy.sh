#!/usr/bin/env bash
# Deploys things.

set -e
source "$(dirname "$0")/lib/common.sh"
. ./env.sh

REGION="${AWS_REGION:-eu-west-1}"

# Builds one.
build() {
    local name="$1"
    if [ -z "$name" ] && check "$name"; then
        cargo lambda build --release | tee "$LOG"
    fi
}

function deploy {
    build "$1" || exit 1
}

deploy "${STAGE:?}"
