# shellcheck shell=bash
# The shared code of this folder's scripts: paths, messages, and processes that outlive the shell that starts them.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
target=$(cd "$here/../.." && pwd)/target/cluster
state=${KUBE_TEST_STATE:-$target/state}
case $state in /*) ;; *) state=$PWD/$state ;; esac
bin=$target/bin
logs=$state/logs
run=$state/run

# Distinguishes the clusters of one machine: it determines the bridge, the pod network and the range of addresses.
tag=$(printf %s "$state" | sha256sum | cut -c1-8)
bridge=kt$tag

say() { echo "cluster: $*" >&2; }
fail() { say "$*"; exit 1; }    # a failure
missing() { say "$*"; exit 3; } # this machine lacks something

# Only one script at a time works on a state folder. Started processes do not inherit the lock (see `start`).
lock() {
    mkdir -p "$state"
    exec 8>"$state/.lock"
    flock -w 900 8 || fail "another script has held $state/.lock for 15 minutes"
}

# The id and the start tick identify a process, because the system reuses ids.
born() { # PID: prints the start tick; fails if the process does not exist or is a zombie
    local -a stat
    read -r stat 2>/dev/null <"/proc/$1/stat" || return 1
    read -ra stat <<<"${stat##*) }" # from the third field on: the name before may contain any text
    # The first thread may be dead while others keep the process's sockets.
    case ${stat[0]} in [ZX]) [ "${stat[17]}" -gt 1 ] || return 1 ;; esac
    echo "${stat[19]}"
}

pid_of() { # NAME: prints the id of that running process
    local pid tick
    read -r pid tick 2>/dev/null <"$run/$1.pid" || return 1
    [ -n "$tick" ] && [ "$(born "$pid")" = "$tick" ] && echo "$pid"
}

signal_apiserver() { # SIGNAL
    local pid
    pid=$(pid_of kube-apiserver) || fail "no API server runs with the state folder $state (start it with $here/up)"
    kill "-$1" "$pid"
}

# start NAME COMMAND...: in its own session, with output to logs/NAME.log; keeps the command line for `start_again`.
start() {
    local name=$1 pid
    shift
    printf '%s\0' "$@" >"$run/$name.args"
    (
        cd "$state" && exec 8>&-
        setsid nohup "$@" </dev/null >>"$logs/$name.log" 2>&1 &
        echo $! >"$run/$name.pid"
    )
    pid=$(cat "$run/$name.pid")
    echo "$pid $(born "$pid")" >"$run/$name.pid"
}

start_again() { # NAME [EXTRA...]: with the previous flags; the extra ones apply once
    local name=$1 args
    shift
    mapfile -d '' -t args <"$run/$name.args"
    start "$name" "${args[@]}" "$@"
    printf '%s\0' "${args[@]}" >"$run/$name.args"
}

# until_true TENTHS COMMAND...: runs the command ten times a second
until_true() {
    local tries=$1
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$((tries -= 1))" -gt 0 ] || return 1
        sleep 0.1
    done
}

# ready NAME SECONDS COMMAND...: waits until the command succeeds; on a failure, prints the end of the log
ready() {
    local name=$1 end=$((SECONDS + $2))
    shift 2
    until "$@" >/dev/null 2>&1; do
        if ! pid_of "$name" >/dev/null; then
            say "$name ended by itself; the end of $logs/$name.log:"
        elif [ "$SECONDS" -ge "$end" ]; then
            say "$name was not ready in time ('$*' still fails); the end of $logs/$name.log:"
        else
            sleep 0.1
            continue
        fi
        tail -n 15 "$logs/$name.log" | cut -c1-400 >&2
        exit 1
    done
}

gone() { ! pid_of "$1"; }

# stop NAME TENTHS: sends SIGTERM, and SIGKILL after that time
stop() {
    local pid
    pid=$(pid_of "$1") || { rm -f "$run/$1.pid"; return 0; }
    kill -TERM "$pid" 2>/dev/null
    kill -CONT "$pid" 2>/dev/null
    until_true "$2" gone "$1" || { kill -KILL "$pid" 2>/dev/null; until_true 50 gone "$1"; } || say "$1 (process $pid) does not end"
    rm -f "$run/$1.pid"
}

# Whether a process of this cluster runs.
anything_runs() {
    local file name
    for file in "$run"/*.pid; do
        name=${file##*/}
        pid_of "${name%.pid}" >/dev/null && return 0
    done
    return 1
}

# take_down keep|remove: in this order no process restarts containers, and each can end cleanly before its dependencies.
take_down() {
    stop kubelet 30
    stop kube-scheduler 20
    stop kube-controller-manager 20
    stop kube-apiserver 30
    stop_runtime
    stop etcd 30
    stop issuer 10
    [ "$(id -u)" != 0 ] || clean_node
    rm -rf "$run"
    rm -f "$state/env" "$state/env.fixed"
    [ "$1" = keep ] && return
    if [ -n "$(mounts)" ]; then
        fail "still mounted, so the data is not removed: $(mounts | head -n 1)"
    fi
    rm -rf --one-file-system "$state"/{data,config,kubeconfigs,serviceaccount,secrets,pki,images.work}
    rm -f "$state"/{ports,images.tar}
}

# Sends a GET to the API server as the administrator. Waiting calls this often, and kubectl takes longer to start.
ask_apiserver() { # PATH
    curl --silent --fail --max-time 2 --cacert "$state/pki/cluster-ca.crt" --cert "$state/pki/admin.crt" --key "$state/pki/admin.key" "$server$1"
}

apiserver_ready() { ask_apiserver /readyz >/dev/null; }

kubectl_admin() { KUBECONFIG=$state/kubeconfigs/admin "$kubectl" "$@"; }

# Writes the file for tests: KEY=VALUE lines, where a value ends with its line.
write_env() {
    local file name
    {
        cat "$state/env.fixed"
        for file in "$run"/*.pid; do
            [ -e "$file" ] || continue
            name=${file##*/}
            name=${name%.pid}
            name=${name^^}
            echo "${name//-/_}_PID=$(cut -d' ' -f1 "$file")"
        done
    } >"$state/env.new"
    mv "$state/env.new" "$state/env"
}

env_value() { sed -n "s/^$1=//p" "$state/env" 2>/dev/null; }
