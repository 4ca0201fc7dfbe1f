# A node of its own for a script that drives it with cast; sourced, not run. It starts the program
# that the script was given on a free port with the default economy, and ends it with the script.
set -euo pipefail

bondstone=$(realpath "${1:?usage: $0 BONDSTONE}")
cd "$(dirname "${BASH_SOURCE[0]}")"
# The program itself: the script that npm links to it loses its exit code.
for bin in node_modules/@foundry-rs/cast-*/bin; do PATH="$PWD/$bin:$PATH"; done
command -v cast >/dev/null || { echo "error: cast is missing; run npm ci in tests/e2e" >&2; exit 1; }
# Nothing here may leave the machine.
export FOUNDRY_DISABLE_NIGHTLY_WARNING=1 NO_COLOR=1 ETH_RPC_TIMEOUT=20

work=$(mktemp -d)
# A node that keeps its chain on disk would go on where another test stopped.
fresh=()
help=$("$bondstone" up --help)
[[ "$help" == *--ephemeral* ]] && fresh=(--ephemeral)
"$bondstone" up --port 0 "${fresh[@]}" >"$work/banner" 2>"$work/log" &
node=$!
finish() {
    kill "$node" 2>/dev/null || true
    rm -rf "$work"
}
trap finish EXIT

die() {
    printf '\nFAILED: %s\n' "$*" >&2
    echo "--- what the node said:" >&2
    cat "$work/log" >&2
    exit 1
}

checks=0
# same WHAT GOT WANT
same() {
    [[ "$2" == "$3" ]] || die "$1: got '$2', want '$3'"
    checks=$((checks + 1))
    echo "ok: $1"
}

for _ in $(seq 200); do
    grep -q '^Listening on ' "$work/banner" && break
    kill -0 "$node" 2>/dev/null || die "the node did not start"
    sleep 0.05
done
ETH_RPC_URL=$(sed -n 's/^Listening on //p' "$work/banner")
[[ -n "$ETH_RPC_URL" ]] || die "no URL in the banner"
export ETH_RPC_URL

# at LABEL: the address that the banner gives for a label. key N and account N: of the N-th account.
at() { sed -n "s/^  $1  *\(0x[0-9a-fA-F]\{40\}\).*/\1/p" "$work/banner" | head -n 1; }
account() { sed -n "s/^  ($1) \(0x[0-9a-fA-F]\{40\}\).*/\1/p" "$work/banner"; }
key() { sed -n "s/^  ($1) 0x[0-9a-fA-F]\{40\}  \(0x[0-9a-f]\{64\}\).*/\1/p" "$work/banner"; }
# tx N TO SIGNATURE ARGS…: a transaction signed with the key of the N-th account; prints its hash.
tx() {
    local from=$1
    shift
    cast send --async --private-key "$(key "$from")" "$@"
}
status() { cast receipt "$1" status; }
# call TO SIGNATURE ARGS…: a number or an address, without the "[1e18]" that cast adds.
call() { cast call "$@" | cut -d ' ' -f 1; }

# farewell: ends the node as Ctrl-C does, and says how many checks passed.
farewell() {
    kill -INT "$node"
    local code=0
    wait "$node" || code=$?
    same "exit code after Ctrl-C" "$code" 0
    grep -q '^Stopped at block ' "$work/banner" || die "no farewell"
    echo "$checks checks passed"
}
