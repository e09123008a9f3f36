# shellcheck shell=bash
# One kubeconfig for each kind of credential. Each has its own user name, which `kubectl auth whoami` shows.

kubeconfigs=$state/kubeconfigs
secrets=$state/secrets

secret() { cat "$secrets/$1"; }

make_secrets() {
    local name
    [ -e "$secrets/tokens.csv" ] && return
    rm -rf "$secrets"
    mkdir -p "$secrets"
    for name in token token-file exec oidc-client oidc-refresh; do
        openssl rand -hex 20 >"$secrets/$name"
    done
    for name in token token-file exec; do
        echo "$(secret "$name"),$name,uid-of-$name,kube-test:admins"
    done >"$secrets/tokens.csv"
}

data() { base64 -w 0 "$pki/$1"; }
own_authority() { echo "certificate-authority-data: $(data cluster-ca.crt)"; }
client_certificate() { printf 'client-certificate-data: %s\nclient-key-data: %s\n' "$(data "$1.crt")" "$(data "$1.key")"; }

kubeconfig() { # FILE SERVER CLUSTER-LINES USER-LINES
    {
        printf 'apiVersion: v1\nkind: Config\ncurrent-context: test\ncontexts:\n- name: test\n  context:\n    cluster: test\n    user: test\n'
        printf 'clusters:\n- name: test\n  cluster:\n    server: %s\n' "$2"
        sed 's/^/    /' <<<"$3"
        printf 'users:\n- name: test\n  user:\n'
        sed 's/^/    /' <<<"$4"
    } >"$1.new"
    mv "$1.new" "$1"
}

# The kubeconfigs of the cluster's own programs.
make_own_kubeconfigs() {
    local name
    mkdir -p "$state/config" "$kubeconfigs"
    for name in kube-controller-manager kube-scheduler kubelet; do
        kubeconfig "$state/config/$name.kubeconfig" "$server" "$(own_authority)" "$(client_certificate "$name")"
    done
    kubeconfig "$kubeconfigs/admin" "$server" "$(own_authority)" "$(client_certificate admin)"
}

# The kubeconfigs for tests. Needs the running API server, for the token of the service account.
make_kubeconfigs() {
    local authority admin account
    authority=$(own_authority)
    admin=$(client_certificate admin)
    write() { kubeconfig "$kubeconfigs/$1" "$server" "$2" "$3"; } # NAME CLUSTER-LINES USER-LINES

    write token "$authority" "token: $(secret token)"
    write few-rights "$authority" "$(client_certificate few-rights)"
    write skip-verify "insecure-skip-tls-verify: true" "$admin"
    write wrong-ca "certificate-authority-data: $(data wrong-ca.crt)" "$admin"
    # Only this server name gets a certificate of this authority.
    write tls-server-name "certificate-authority-data: $(data sni-ca.crt)
tls-server-name: sni.cluster.test" "$admin"
    # Files beside the kubeconfig, by relative path.
    mkdir -p "$kubeconfigs/files"
    cp "$pki/cluster-ca.crt" "$pki/expired.crt" "$pki/expired.key" "$kubeconfigs/files/"
    write expired-cert "certificate-authority: files/cluster-ca.crt" "client-certificate: files/expired.crt
client-key: files/expired.key"
    secret token-file >"$kubeconfigs/files/token" # ends with a newline, as such files do
    write token-file "$authority" "tokenFile: files/token"
    write impersonate "$authority" "$admin
as: impersonated
as-uid: uid-of-impersonated
as-groups:
- kube-test:viewers
- kube-test:others
as-user-extra:
  example.com/scopes:
  - read
  - list"

    plugin exec-token "\"token\":\"$(secret exec)\""
    write exec "$authority" "$(exec_user exec-token)"
    plugin exec-cert "\"clientCertificateData\":\"$(json_lines exec-cert.crt)\",\"clientKeyData\":\"$(json_lines exec-cert.key)\""
    write exec-cert "$authority" "$(exec_user exec-cert)"

    account=$(kubectl_admin create token tests --namespace kube-test --duration 24h) || fail "no token for the service account kube-test/tests"
    write service-account "$authority" "token: $account"
    # The files of a pod in /var/run/secrets/kubernetes.io/serviceaccount.
    mkdir -p "$state/serviceaccount"
    printf %s "$account" >"$state/serviceaccount/token"
    printf kube-test >"$state/serviceaccount/namespace"
    cp "$pki/cluster-ca.crt" "$state/serviceaccount/ca.crt"

    rm -f "$kubeconfigs/oidc"
    [ -e "$run/issuer.pid" ] && write oidc "$authority" "auth-provider:
  name: oidc
  config:
    idp-issuer-url: https://127.0.0.1:$issuer_port
    idp-certificate-authority-data: $(data oidc-ca.crt)
    client-id: kube-test
    client-secret: $(secret oidc-client)
    id-token: $(secret oidc-expired)
    refresh-token: $(secret oidc-refresh)"
    chmod -R go= "$kubeconfigs" "$state/serviceaccount"
}

json_lines() { awk '{ printf "%s\\n", $0 }' "$pki/$1"; }

exec_user() { # PLUGIN
    printf 'exec:\n  apiVersion: client.authentication.k8s.io/v1\n  command: ./%s\n  args: ["%s"]\n' "$1.sh" --quiet
    printf '  env:\n  - name: KUBE_TEST_PLUGIN\n    value: %s\n  interactiveMode: Never\n  provideClusterInfo: false\n' "$1"
}

plugin() { # NAME STATUS-FIELDS: an exec plugin that checks its input, and counts its calls in a file beside it
    cat >"$kubeconfigs/$1.sh" <<END
#!/bin/sh
[ "\$1" = --quiet ] && [ "\$KUBE_TEST_PLUGIN" = $1 ] && [ -n "\$KUBERNETES_EXEC_INFO" ] || {
    echo "$1: arguments, environment or KUBERNETES_EXEC_INFO missing" >&2
    exit 1
}
echo call >>"\$0.calls"
cat <<"JSON"
{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{$2}}
JSON
END
    chmod 700 "$kubeconfigs/$1.sh"
}
