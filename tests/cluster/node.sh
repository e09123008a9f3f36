# shellcheck shell=bash
# The node: containerd and kubelet, with their files below the state folder as far as they can be configured;
# and the clean-up of their other files.

node=localhost # resolves to 127.0.0.1 everywhere; the API server reaches the kubelet by this name
socket=$run/containerd.sock
# Settings of the machine that kubelet and the bridge plugin change; `down` restores them.
tunables=(
    /proc/sys/vm/overcommit_memory /proc/sys/vm/panic_on_oom /proc/sys/kernel/panic /proc/sys/kernel/panic_on_oops
    /proc/sys/kernel/keys/root_maxkeys /proc/sys/kernel/keys/root_maxbytes /proc/sys/net/ipv4/ip_forward
)
# Folders at fixed paths that they make; `down` removes the new ones.
folders=(
    /var/lib/kubelet/device-plugins /var/lib/kubelet /var/lib/cni/results /var/lib/cni /var/log/containers
    /run/containerd/s /run/containerd/fifo /run/containerd
)

ctr_here() { ctr --address "$socket" --namespace k8s.io --connect-timeout 2s "$@"; }

# One file for each cluster of this machine with its state folder, and the machine's settings before the first cluster.
members=/run/kube-test

remember_host() {
    local path
    mkdir -p "$members"
    echo "$state" >"$members/$tag.cluster"
    [ -e "$members/host" ] && return
    for path in "${tunables[@]}"; do
        [ -e "$path" ] && echo "$path $(cat "$path")"
    done >"$members/host.$tag"
    for path in "${folders[@]}"; do
        [ -e "$path" ] || echo "$path absent"
    done >>"$members/host.$tag"
    mv "$members/host.$tag" "$members/host"
}

restore_host() { # only for the last cluster
    local path value
    [ -e "$members/$tag.cluster" ] || return 0
    rm "$members/$tag.cluster"
    for path in "$members"/*.cluster; do
        [ -e "$path" ] && [ -d "$(cat "$path")/run" ] && return
    done
    while read -r path value; do
        case $path in
        /proc/*) [ "$(cat "$path")" = "$value" ] || echo "$value" >"$path" ;;
        */device-plugins) rm -f "$path"/* && rmdir "$path" ;;
        *) rmdir "$path" ;; # fails if the folder has other files
        esac 2>/dev/null
    done <"$members/host"
    rm -rf "$members"
}

pod_subnet() { # a /24 without a route; the search starts at one that depends on the state folder
    local number=$((16#$tag % 12800)) subnet
    for _ in {1..100}; do
        subnet=10.$((200 + number / 256)).$((number % 256)).0/24
        [ -z "$(ip -4 route show root "$subnet")" ] && break
        number=$(((number + 1) % 12800))
    done
    echo "$subnet"
}

write_runtime_config() {
    local snapshotter=overlayfs cri='plugins."io.containerd.grpc.v1.cri"'
    # An overlay cannot be on top of another one.
    [ "$(stat -f -c %T "$state")" = overlayfs ] && snapshotter=native
    mkdir -p "$state/config/cni"
    cat >"$state/config/containerd.toml" <<END
version = 2
root = "$state/data/containerd"
state = "$run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs"]
[grpc]
address = "$socket"
[plugins."io.containerd.internal.v1.opt"]
path = "$state/data/opt"
[$cri]
sandbox_image = "$pause_image"
restrict_oom_score_adj = true
netns_mounts_under_state_dir = true
[$cri.containerd]
snapshotter = "$snapshotter"
default_runtime_name = "runc"
[$cri.containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[$cri.containerd.runtimes.runc.options]
Root = "$run/runc"
[$cri.cni]
bin_dir = "$cni_plugins"
conf_dir = "$state/config/cni"
END
    # Pods reach each other and the node reaches them. Without masquerading, no packet filter rules are needed.
    # A cluster that was killed leaves its bridge, with an address of another network perhaps: then no pod would start.
    ! ip link show "$bridge" >/dev/null 2>&1 || ip link delete "$bridge"
    cat >"$state/config/cni/10-bridge.conflist" <<END
{
  "cniVersion": "0.4.0",
  "name": "$bridge",
  "plugins": [
    {
      "type": "bridge",
      "bridge": "$bridge",
      "isGateway": true,
      "ipMasq": false,
      "ipam": { "type": "host-local", "dataDir": "$state/data/cni", "ranges": [[{ "subnet": "$(pod_subnet)" }]] }
    }
  ]
}
END
}

write_kubelet_config() {
    cat >"$state/config/kubelet.yaml" <<END
apiVersion: kubelet.config.k8s.io/v1beta1
kind: KubeletConfiguration
address: 127.0.0.1
port: $kubelet_port
readOnlyPort: 0
healthzPort: 0
tlsCertFile: $pki/kubelet-server.crt
tlsPrivateKeyFile: $pki/kubelet-server.key
authentication:
  anonymous: { enabled: false }
  webhook: { enabled: false }
  x509: { clientCAFile: $pki/cluster-ca.crt }
authorization: { mode: AlwaysAllow }
containerRuntimeEndpoint: unix://$socket
podLogsDir: $state/data/pod-logs
volumePluginDir: $state/data/volume-plugins
# Changes as little of the machine as possible: no own control groups, no packet filter rules.
cgroupDriver: cgroupfs
cgroupsPerQOS: false
enforceNodeAllocatable: []
failCgroupV1: false
failSwapOn: false
localStorageCapacityIsolation: false
makeIPTablesUtilChains: false
oomScoreAdj: 0
# Ignores a full disk or little memory of the machine, and keeps the images, which cannot be pulled again.
imageGCHighThresholdPercent: 100
imageGCLowThresholdPercent: 99
evictionHard: { memory.available: 1Mi, nodefs.available: 0%, nodefs.inodesFree: 0%, imagefs.available: 0%, imagefs.inodesFree: 0% }
END
}

start_runtime() {
    remember_host
    write_runtime_config
    start containerd containerd --config "$state/config/containerd.toml"
}

import_images() {
    ready containerd 30 ctr_here version
    ctr_here images import "$state/images.tar" >"$logs/images.log" 2>&1 ||
        fail "importing the images into containerd failed: $(tail -n 1 "$logs/images.log")"
}

start_kubelet() {
    write_kubelet_config
    start kubelet "$programs/kubelet" --config="$state/config/kubelet.yaml" --kubeconfig="$state/config/kubelet.kubeconfig" \
        --root-dir="$state/data/kubelet" --cert-dir="$state/data/kubelet/pki" --hostname-override="$node"
    ready kubelet 30 curl --silent --fail --cacert "$pki/kubelet-ca.crt" --cert "$pki/admin.crt" --key "$pki/admin.key" \
        "https://127.0.0.1:$kubelet_port/healthz"
}

node_ready() { # and without the taint that keeps pods away from a node that is not ready
    local answer
    answer=$(ask_apiserver "/api/v1/nodes/$node?pretty=false") || return 1
    [[ $answer == *'"type":"Ready","status":"True"'* && $answer != *'"taints":'* ]]
}

shims() { # prints the ids of containerd's shims, which have its address in their command line
    local file program
    while read -r file; do
        IFS= read -r -d '' program 2>/dev/null <"$file" || continue
        case $program in *containerd-shim*) ;; *) continue ;; esac
        file=${file#/proc/}
        echo "${file%/cmdline}"
    done < <(grep -lsF -- "$socket" /proc/[0-9]*/cmdline)
}

no_shims() { [ -z "$(shims)" ]; }

# After the end of kubelet: ends all containers, and containerd.
stop_runtime() {
    local id pid
    if pid_of containerd >/dev/null; then
        for id in $(ctr_here tasks list --quiet 2>/dev/null); do
            ctr_here tasks kill --signal SIGKILL --all "$id" >/dev/null 2>&1 &
        done
        wait
        until_true 50 no_shims
        stop containerd 50
    fi
    # Containers that are left if containerd ended before them.
    for id in "$run"/runc/k8s.io/*/; do
        [ -e "$id" ] && runc --root "$run/runc/k8s.io" delete --force "$(basename "$id")" >/dev/null 2>&1
    done
    for pid in $(shims); do
        kill -KILL "$pid" 2>/dev/null
    done
    until_true 20 no_shims
}

mounts() { awk -v below="$(realpath "$state")/" 'index($5, below) == 1 { print $5 }' /proc/self/mountinfo | sort -r; }

# After the end of all processes: removes mounts, network, and files outside of the state folder.
clean_node() {
    local path id
    mounts | while read -r path; do
        umount "$path" 2>/dev/null || umount --lazy "$path"
    done
    if command -v ip >/dev/null && ip link show "$bridge" >/dev/null 2>&1; then
        ip link delete "$bridge"
    fi
    for path in "/var/lib/cni/results/$bridge-"*-eth0; do # one for each pod; its id also names the one of the loopback
        id=${path##*"/$bridge-"}
        rm -f "$path" "/var/lib/cni/results/cni-loopback-${id%-eth0}-lo"
    done
    for path in /var/log/containers/*; do
        case $(readlink "$path") in "$state"/*) rm -f "$path" ;; esac
    done
    for path in /run/containerd/s/*; do # of killed shims
        grep -qF "$path" /proc/net/unix || rm -f "$path"
    done
    find /sys/fs/cgroup -maxdepth 3 -depth -type d -path '*/k8s.io*' -exec rmdir {} + 2>/dev/null
    restore_host
}
