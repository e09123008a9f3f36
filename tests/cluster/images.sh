# shellcheck shell=bash
# Makes two images from the machine's static busybox, as one OCI archive: the root file system is one shared layer.

busybox_image=localhost/busybox:1 # not `latest`, so that the pull policy IfNotPresent is the default
pause_image=localhost/pause:1

blob() { # FILE: moves it to the blobs, prints its digest and size for a descriptor
    local digest size
    digest=$(sha256sum "$1" | cut -d' ' -f1)
    size=$(stat -c %s "$1")
    mv "$1" "$work/blobs/sha256/$digest"
    echo "\"digest\":\"sha256:$digest\",\"size\":$size"
}

manifest() { # NAME COMMAND(JSON): prints a descriptor for the index
    local config
    printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/bin"],"WorkingDir":"/","Cmd":%s},"rootfs":{"type":"layers","diff_ids":["%s"]}}' \
        "$architecture" "$2" "$diff_id" >"$work/part"
    config=$(blob "$work/part")
    printf '{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json","config":{"mediaType":"application/vnd.oci.image.config.v1+json",%s},"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar",%s}]}' \
        "$config" "$layer" >"$work/part"
    printf '{"mediaType":"application/vnd.oci.image.manifest.v1+json",%s,"annotations":{"io.containerd.image.name":"%s"},"platform":{"architecture":"%s","os":"linux"}}' \
        "$(blob "$work/part")" "$1" "$architecture"
}

make_images() {
    local work=$state/images.work architecture layer diff_id
    [ -e "$state/images.tar" ] && return
    case $(uname -m) in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) architecture=$(uname -m) ;;
    esac
    rm -rf "$work"
    mkdir -p "$work/root"/{bin,etc,proc,sys,dev} "$work/blobs/sha256"
    mkdir -m 1777 "$work/root/tmp"
    cp "$busybox" "$work/root/bin/busybox"
    "$work/root/bin/busybox" --install "$work/root/bin" 2>/dev/null # hard links, except for the existing one
    [ -e "$work/root/bin/sh" ] || fail "$busybox does not install its links"
    printf 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n' >"$work/root/etc/passwd"
    printf 'root:x:0:\nnobody:x:65534:\n' >"$work/root/etc/group"
    tar --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -C "$work/root" -cf "$work/part" .
    rm -r "$work/root"
    diff_id=sha256:$(sha256sum "$work/part" | cut -d' ' -f1)
    layer=$(blob "$work/part")
    # A container without a command runs until SIGTERM or SIGINT, and ends at once.
    printf '{"schemaVersion":2,"manifests":[%s,%s]}' \
        "$(manifest "$busybox_image" '["/bin/sh","-c","trap \"exit 0\" TERM INT; sleep infinity & wait"]')" \
        "$(manifest "$pause_image" '["/bin/sleep","infinity"]')" >"$work/index.json"
    printf '{"imageLayoutVersion":"1.0.0"}' >"$work/oci-layout"
    tar -C "$work" -cf "$state/images.tar.new" oci-layout index.json blobs
    mv "$state/images.tar.new" "$state/images.tar"
    rm -rf "$work"
}
