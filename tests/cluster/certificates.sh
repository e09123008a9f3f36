# shellcheck shell=bash
# Makes the keys and certificates of a state folder once. Each CA has one purpose, so that a client with the wrong CA fails.

pki=$state/pki

authority() { # NAME
    openssl req -x509 -config "$pki/openssl.cnf" -extensions authority -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
        -noenc -keyout "$pki/$1.key" -out "$pki/$1.crt" -subj "/CN=$1" -days 3650
}

certificate() { # NAME AUTHORITY SUBJECT server|client [NAMES]
    openssl req -x509 -config "$pki/openssl.cnf" -extensions "$4" -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
        -noenc -keyout "$pki/$1.key" -out "$pki/$1.crt" -subj "$3" -days 365 \
        -CA "$pki/$2.crt" -CAkey "$pki/$2.key" ${5:+-addext "subjectAltName=$5"}
}

expired_certificate() { # NAME AUTHORITY SUBJECT: only `openssl ca` takes a date in the past
    local work=$pki/expired.work
    mkdir -p "$work"
    : >"$work/index"
    openssl req -new -config "$pki/openssl.cnf" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
        -keyout "$pki/$1.key" -out "$work/request" -subj "$3"
    openssl ca -batch -notext -config "$pki/openssl.cnf" -extensions client -in "$work/request" -out "$pki/$1.crt" \
        -cert "$pki/$2.crt" -keyfile "$pki/$2.key" -startdate 20200101000000Z -enddate 20200201000000Z
    rm -r "$work"
}

make_certificates() {
    [ -e "$pki/complete" ] && return
    rm -rf "$pki"
    mkdir -p "$pki"
    cat >"$pki/openssl.cnf" <<END
[req]
distinguished_name = req_dn
[req_dn]
[authority]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign,digitalSignature
subjectKeyIdentifier = hash
[server]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = serverAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[client]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
[ca]
default_ca = ca_default
[ca_default]
database = $pki/expired.work/index
new_certs_dir = $pki/expired.work
rand_serial = yes
default_md = sha256
policy = ca_policy
[ca_policy]
organizationName = optional
commonName = supplied
END
    {
        authority cluster-ca # the API server, and every client
        authority kubelet-ca # the kubelet's own server
        authority sni-ca     # the API server when it is asked for as sni.cluster.test
        authority oidc-ca    # the OIDC issuer
        authority wrong-ca   # no certificate
        certificate apiserver cluster-ca /CN=kube-apiserver server \
            DNS:localhost,DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc,DNS:api.cluster.test,IP:127.0.0.1,IP:10.96.0.1
        certificate apiserver-sni sni-ca /CN=sni.cluster.test server DNS:sni.cluster.test
        certificate apiserver-to-kubelet cluster-ca /O=system:masters/CN=kube-apiserver-kubelet-client client
        certificate kubelet-server kubelet-ca /CN=localhost server DNS:localhost,IP:127.0.0.1
        certificate kubelet cluster-ca /O=system:nodes/CN=system:node:localhost client
        certificate kube-controller-manager cluster-ca /CN=system:kube-controller-manager client
        certificate kube-scheduler cluster-ca /CN=system:kube-scheduler client
        certificate issuer oidc-ca /CN=issuer server DNS:localhost,IP:127.0.0.1
        certificate admin cluster-ca /O=system:masters/CN=admin client
        certificate few-rights cluster-ca /CN=few-rights client
        certificate exec-cert cluster-ca /O=kube-test:admins/CN=exec-cert client
        expired_certificate expired cluster-ca /O=system:masters/CN=expired
        openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$pki/service-account.key"
        openssl genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$pki/oidc-signing.key"
    } >"$logs/openssl.log" 2>&1 || {
        say "making certificates failed; the end of $logs/openssl.log:"
        tail -n 5 "$logs/openssl.log" >&2
        exit 1
    }
    touch "$pki/complete"
}
