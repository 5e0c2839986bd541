import Base
import COpenSSL

/// What many TLS connections share: who is trusted, who this side is. Sendable unchecked: OpenSSL counts references to it with a lock.
package final class TLSContext: @unchecked Sendable {
    let pointer: OpaquePointer
    /// What a server of a link agrees to, with its length before it.
    private var alpn: [UInt8] = []

    private init(_ method: OpaquePointer?) throws(StreamError) {
        guard let pointer = SSL_CTX_new(method) else { throw .lost("TLS: \(TLSContext.words())") }
        self.pointer = pointer
        // SSL_OP_NO_RENEGOTIATION and SSL_OP_NO_COMPRESSION: bits 30 and 17, macros that Swift does not see.
        SSL_CTX_set_options(pointer, 1 << 30 | 1 << 17)
        // Certificates of servers may change between two connections of one process; nothing is resumed.
        _ = SSL_CTX_ctrl(pointer, SSL_CTRL_SET_SESS_CACHE_MODE, Int(SSL_SESS_CACHE_OFF), nil)
    }

    deinit { SSL_CTX_free(pointer) }

    /// As a client of servers that are verified by certificate and name: TLS 1.2 or 1.3.
    /// `authorities`: a file of certificates to trust in place of the system's.
    package convenience init(verifyingServersBy authorities: String?) throws(StreamError) {
        try self.init(TLS_client_method())
        setVersions(from: TLS1_2_VERSION)
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER, nil)
        let isLoaded =
            authorities.map { SSL_CTX_load_verify_locations(pointer, $0, nil) == 1 } ?? (SSL_CTX_set_default_verify_paths(pointer) == 1)
        if !isLoaded { throw .lost("\(authorities ?? "the system's certificates"): \(TLSContext.words())") }
    }

    /// As a server that shows a certificate: TLS 1.2 or 1.3. Both are PEM files; the certificate's may hold a chain.
    package convenience init(certificate: String, key: String) throws(StreamError) {
        try self.init(TLS_server_method())
        setVersions(from: TLS1_2_VERSION)
        if SSL_CTX_use_certificate_chain_file(pointer, certificate) != 1 { throw .lost("\(certificate): \(TLSContext.words())") }
        if SSL_CTX_use_PrivateKey_file(pointer, key, SSL_FILETYPE_PEM) != 1 { throw .lost("\(key): \(TLSContext.words())") }
    }

    /// For links: TLS 1.3 alone, both sides show a certificate that they signed themselves, and only its key counts (`TLSStream.peerKeyHash`).
    /// ALPN (RFC 7301) names the protocol with its major version.
    package convenience init(identity: IdentityKey, protocolName: String, isServer: Bool) throws(StreamError) {
        try self.init(isServer ? TLS_server_method() : TLS_client_method())
        setVersions(from: TLS1_3_VERSION)
        // No tickets: a session is never resumed, so the key is shown each time.
        SSL_CTX_set_num_tickets(pointer, 0)
        let certificate = identity.selfSignedCertificate()
        defer { X509_free(certificate) }
        guard SSL_CTX_use_certificate(pointer, certificate) == 1, SSL_CTX_use_PrivateKey(pointer, identity.pointer) == 1 else {
            throw .lost("TLS: \(TLSContext.words())")
        }
        SSL_CTX_set_verify(pointer, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT) { _, _ in 1 }
        let wire = [UInt8(protocolName.utf8.count)] + Array(protocolName.utf8)
        if isServer {
            alpn = wire
            SSL_CTX_set_alpn_select_cb(
                pointer,
                { _, selected, length, offered, offeredLength, argument in
                    let own = Unmanaged<TLSContext>.fromOpaque(argument!).takeUnretainedValue().alpn
                    var place = 0
                    while place < Int(offeredLength) {
                        let count = Int(offered![place])
                        guard place + 1 + count <= Int(offeredLength) else { break }
                        if (0...count).allSatisfy({ $0 < own.count && offered![place + $0] == own[$0] }) {
                            selected!.pointee = offered! + place + 1
                            length!.pointee = UInt8(count)
                            return SSL_TLSEXT_ERR_OK
                        }
                        place += 1 + count
                    }
                    return SSL_TLSEXT_ERR_ALERT_FATAL
                }, Unmanaged.passUnretained(self).toOpaque())
        } else {
            SSL_CTX_set_alpn_protos(pointer, wire, UInt32(wire.count))
        }
    }

    private func setVersions(from lowest: Int32) {
        _ = SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MIN_PROTO_VERSION, Int(lowest), nil)
        _ = SSL_CTX_ctrl(pointer, SSL_CTRL_SET_MAX_PROTO_VERSION, Int(TLS1_3_VERSION), nil)
    }

    /// OpenSSL's words for what went wrong on this thread, and nothing of it left behind.
    static func words() -> String {
        var text = [CChar](repeating: 0, count: 256)
        let code = ERR_get_error()
        if code == 0 { return "no reason given" }
        ERR_error_string_n(code, &text, text.count)
        ERR_clear_error()
        let words = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        // `error:0A000086:SSL routines::certificate verify failed`
        return words.split(separator: ":").last.map(String.init) ?? words
    }
}
