import Base
import COpenSSL

/// TLS over another stream, by memory BIOs: bytes go in and out by hand, the library never sees a descriptor.
///
/// Sendable unchecked: belongs to one loop. A reader and a writer may take turns; neither is inside the library when the other is.
package final class TLSStream: ByteStream, @unchecked Sendable {
    /// A TLS record with its frame: more is never in one.
    private static let chunk = 17 << 10

    private let stream: any ByteStream
    private let context: TLSContext
    private let session: OpaquePointer
    private let input: OpaquePointer
    private let output: OpaquePointer
    private var isClosed = false

    private init(over stream: any ByteStream, _ context: TLSContext) throws(StreamError) {
        guard let session = SSL_new(context.pointer), let input = BIO_new(BIO_s_mem()), let output = BIO_new(BIO_s_mem()) else {
            throw .lost("TLS: \(TLSContext.words())")
        }
        self.stream = stream
        self.context = context
        self.session = session
        self.input = input
        self.output = output
        // An empty input is no end of it.
        BIO_ctrl(input, BIO_C_SET_BUF_MEM_EOF_RETURN, -1, nil)
        SSL_set_bio(session, input, output)
    }

    deinit { SSL_free(session) }

    /// Agrees with a server of this name, whose certificate must be valid for it (RFC 6125; RFC 5280 for addresses).
    package static func connect(
        over stream: any ByteStream, _ context: TLSContext, to host: String, before deadline: Instant, on loop: any Loop
    ) async throws(StreamError) -> TLSStream {
        let tls = try TLSStream(over: stream, context)
        let isAddress = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(tls.session), host) == 1
        if !isAddress {
            SSL_set1_host(tls.session, host)
            // Server Name Indication (RFC 6066 section 3) takes names only.
            _ = host.withCString {
                SSL_ctrl(tls.session, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name), UnsafeMutableRawPointer(mutating: $0))
            }
        }
        SSL_set_connect_state(tls.session)
        try await tls.handshake(before: deadline, on: loop)
        return tls
    }

    /// Agrees with another relay, as the one that dialled or the one that was dialled. Whose key it is must be looked at afterwards.
    package static func link(
        over stream: any ByteStream, _ context: TLSContext, isDialler: Bool, before deadline: Instant, on loop: any Loop
    ) async throws(StreamError) -> TLSStream {
        let tls = try TLSStream(over: stream, context)
        if isDialler { SSL_set_connect_state(tls.session) } else { SSL_set_accept_state(tls.session) }
        try await tls.handshake(before: deadline, on: loop)
        return tls
    }

    /// SHA-256 of the other side's SubjectPublicKeyInfo, 32 bytes; nil if it showed no certificate.
    package var peerKeyHash: [UInt8]? {
        guard let certificate = SSL_get1_peer_certificate(session) else { return nil }
        defer { X509_free(certificate) }
        return X509_get0_pubkey(certificate).map { IdentityKey.hash(of: $0) }
    }

    /// Bytes that only the two ends of this connection can know (RFC 8446 section 7.5); nil if the library has none.
    package func exported(_ label: String, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return SSL_export_keying_material(session, &bytes, count, label, label.utf8.count, nil, 0, 0) == 1 ? bytes : nil
    }

    /// Agrees with a client.
    package static func accept(over stream: any ByteStream, _ context: TLSContext, before deadline: Instant, on loop: any Loop)
        async throws(StreamError) -> TLSStream
    {
        let tls = try TLSStream(over: stream, context)
        SSL_set_accept_state(tls.session)
        try await tls.handshake(before: deadline, on: loop)
        return tls
    }

    private func handshake(before deadline: Instant, on loop: any Loop) async throws(StreamError) {
        let timer = loop.schedule(at: deadline) { [stream] in stream.close() }
        let result: Result<Void, StreamError> = await withTaskCancellationHandler {
            do throws(StreamError) { return .success(try await agree()) } catch { return .failure(error) }
        } onCancel: { [stream] in
            stream.close()
        }
        loop.cancel(timer)
        guard case .failure(let error) = result else { return }
        stream.close()
        throw loop.now >= deadline ? .timedOut : error
    }

    private func agree() async throws(StreamError) {
        while true {
            ERR_clear_error()
            let status = SSL_do_handshake(session)
            let words = status == 1 ? "" : failure(status)
            try await flush()
            if status == 1 { return }
            if let words { throw StreamError.lost("TLS: \(words)") }
            guard let more = try await stream.read(atMost: TLSStream.chunk) else {
                throw StreamError.lost("TLS: ended by the other side while agreeing")
            }
            take(more)
        }
    }

    /// What is wrong after a call answered `status`; nil if it only wants more input.
    private func failure(_ status: Int32) -> String? {
        if SSL_get_error(session, status) == SSL_ERROR_WANT_READ { return nil }
        let verdict = SSL_get_verify_result(session)
        let words = TLSContext.words()
        return verdict == Int(X509_V_OK) ? words : "the server's certificate: \(String(cString: X509_verify_cert_error_string(verdict)))"
    }

    private func take(_ bytes: [UInt8]) { BIO_write(input, bytes, Int32(bytes.count)) }

    /// Sends what the library has to say.
    private func flush() async throws(StreamError) {
        let waiting = BIO_ctrl_pending(output)
        if waiting == 0 { return }
        let bytes = [UInt8](unsafeUninitializedCapacity: waiting) { buffer, used in
            used = Int(BIO_read(output, buffer.baseAddress, Int32(waiting)))
        }
        try await stream.write(bytes)
    }

    package func read(atMost count: Int) async throws(StreamError) -> [UInt8]? {
        while true {
            if isClosed { throw .closed }
            ERR_clear_error()
            var status: Int32 = 0
            let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, used in
                status = SSL_read(session, buffer.baseAddress, Int32(count))
                used = Int(max(0, status))
            }
            if status > 0 { return bytes }
            if SSL_get_error(session, status) == SSL_ERROR_ZERO_RETURN { return nil }
            if let words = failure(status) { throw .lost("TLS: \(words)") }
            // What this side may have to answer (a key update) goes out with the next write.
            guard let more = try await stream.read(atMost: TLSStream.chunk) else { return nil }
            take(more)
        }
    }

    package func write(_ bytes: [UInt8]) async throws(StreamError) {
        if isClosed { throw .closed }
        if bytes.isEmpty { return }
        ERR_clear_error()
        let status = SSL_write(session, bytes, Int32(bytes.count))
        if status <= 0 { throw .lost("TLS: \(failure(status) ?? "wants to read before it writes")") }
        try await flush()
    }

    package func close() {
        isClosed = true
        stream.close()
    }
}
