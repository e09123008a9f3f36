"""A small OpenID Connect issuer for the tests: discovery, keys, and a token endpoint that takes a refresh token.

Standard library only; `openssl` signs. The command line gives its only client, refresh token and user.
"""

import argparse
import base64
import hmac
import json
import ssl
import subprocess
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

LIFETIME = 3600  # seconds that an id_token is valid
BODY_LIMIT = 65536


def b64(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def key_set(key_file):
    """The signing key's public half as a JSON Web Key Set. openssl's default exponent is 65537."""
    text = subprocess.run(
        ["openssl", "rsa", "-in", key_file, "-modulus", "-noout"], check=True, capture_output=True, text=True
    ).stdout
    modulus = bytes.fromhex(text.strip().partition("=")[2])
    key = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1", "n": b64(modulus), "e": b64(b"\x01\x00\x01")}
    return {"keys": [key]}


def id_token(options, issued):
    header = {"alg": "RS256", "kid": "1", "typ": "JWT"}
    claims = {
        "iss": options.issuer,
        "aud": options.client_id,
        "sub": options.user,
        "groups": options.group,
        "iat": issued,
        "exp": issued + LIFETIME,
    }
    text = ".".join(b64(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    signature = subprocess.run(
        ["openssl", "dgst", "-sha256", "-sign", options.key], input=text.encode(), check=True, capture_output=True
    ).stdout
    return f"{text}.{b64(signature)}"


def same(one, other):
    return hmac.compare_digest(one.encode(), other.encode())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30
    options = None  # set by main
    keys = None

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Cache-Control", "no-store")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        issuer = self.options.issuer
        if self.path == "/.well-known/openid-configuration":
            self.answer(
                200,
                {
                    "issuer": issuer,
                    "authorization_endpoint": f"{issuer}/authorize",
                    "token_endpoint": f"{issuer}/token",
                    "jwks_uri": f"{issuer}/keys",
                    "response_types_supported": ["code"],
                    "grant_types_supported": ["refresh_token"],
                    "subject_types_supported": ["public"],
                    "id_token_signing_alg_values_supported": ["RS256"],
                },
            )
        elif self.path == "/keys":
            self.answer(200, self.keys)
        else:
            self.answer(404, {"error": "not_found"})

    def client(self, form):
        """Client id and secret, from HTTP basic authentication or from the form (RFC 6749, section 2.3.1)."""
        kind, _, value = self.headers.get("Authorization", "").partition(" ")
        if kind.lower() == "basic":
            name, _, secret = base64.b64decode(value).decode().partition(":")
            return urllib.parse.unquote_plus(name), urllib.parse.unquote_plus(secret)
        return form.get("client_id", ""), form.get("client_secret", "")

    def do_POST(self):
        length = int(self.headers.get("Content-Length", "0"))
        if self.path != "/token" or length > BODY_LIMIT:
            self.close_connection = True
            return self.answer(404 if self.path != "/token" else 413, {"error": "invalid_request"})
        form = dict(urllib.parse.parse_qsl(self.rfile.read(length).decode()))
        name, secret = self.client(form)
        if not (same(name, self.options.client_id) and same(secret, self.options.client_secret)):
            return self.answer(401, {"error": "invalid_client"})
        if form.get("grant_type") != "refresh_token":
            return self.answer(400, {"error": "unsupported_grant_type"})
        if not same(form.get("refresh_token", ""), self.options.refresh_token):
            return self.answer(400, {"error": "invalid_grant", "error_description": "unknown refresh token"})
        self.answer(
            200,
            {
                "access_token": "not-used-by-kubernetes",
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "refresh_token": self.options.refresh_token,
                "id_token": id_token(self.options, int(time.time())),
            },
        )
        return None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--certificate", required=True)
    parser.add_argument("--certificate-key", required=True)
    parser.add_argument("--key", required=True, help="the RSA key that signs tokens")
    parser.add_argument("--client-id", required=True)
    parser.add_argument("--client-secret", required=True)
    parser.add_argument("--refresh-token", required=True)
    parser.add_argument("--user", required=True)
    parser.add_argument("--group", action="append", default=[])
    parser.add_argument("--write-expired", required=True, help="a file to write an expired id_token to")
    options = parser.parse_args()
    options.issuer = f"https://127.0.0.1:{options.port}"

    Handler.options = options
    Handler.keys = key_set(options.key)
    with open(options.write_expired, "w", encoding="ascii") as file:
        file.write(id_token(options, int(time.time()) - 2 * LIFETIME))

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(options.certificate, options.certificate_key)
    server = ThreadingHTTPServer(("127.0.0.1", options.port), Handler)
    server.daemon_threads = True
    # The thread of each connection does the handshake, so that a silent client does not block the others.
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    server.serve_forever()


main()
