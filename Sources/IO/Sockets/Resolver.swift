import Base
import CUV
import Glibc

/// An address of the IP family with its port, as the kernel wants it.
struct SocketAddress: Hashable, Sendable {
    let family: Int32
    let bytes: [UInt8]

    init(_ address: UnsafePointer<sockaddr>, _ length: socklen_t) {
        family = Int32(address.pointee.sa_family)
        bytes = Array(UnsafeRawBufferPointer(start: address, count: Int(length)))
    }

    func withSockaddr<Result>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Result) -> Result {
        bytes.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: sockaddr.self) { body($0.baseAddress!, socklen_t(raw.count)) }
        }
    }
}

/// Asks the system's resolver, on libuv's own threads.
enum Resolver {
    private final class Question {
        let continuation: UnsafeContinuation<(Int32, [SocketAddress]), Never>
        init(_ continuation: UnsafeContinuation<(Int32, [SocketAddress]), Never>) { self.continuation = continuation }
    }

    /// The addresses of a host, those of both families by turns, beginning with the one that the system prefers (RFC 8305 section 4).
    static func addresses(of server: HostPort, on loop: EventLoop) async throws(StreamError) -> [SocketAddress] {
        let (status, found) = await withUnsafeContinuation { continuation in ask(server, loop, Question(continuation)) }
        if status != 0 { throw .lost("\(server.host): \(String(cString: uv_strerror(status)))") }
        return byTurns(found)
    }

    private static func ask(_ server: HostPort, _ loop: EventLoop, _ question: Question) {
        let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(question).toOpaque()
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        // AI_ADDRCONFIG hides the loopback of a family that has no other address; a literal address is not asked about.
        if server.host.contains(":") || server.host.utf8.allSatisfy({ $0 == 0x2E || (0x30...0x39).contains($0) })
            || server.host == "localhost"
        {
            hints.ai_flags = 0
        }
        let status = uv_getaddrinfo(
            loop.handle, request, { request, status, result in Resolver.answered(request!, status, result) }, server.host,
            String(server.port),
            &hints)
        if status != 0 { answered(request, status, nil) }
    }

    private static func answered(
        _ request: UnsafeMutablePointer<uv_getaddrinfo_t>, _ status: Int32, _ result: UnsafeMutablePointer<addrinfo>?
    ) {
        var addresses: [SocketAddress] = []
        var next = result
        while let info = next {
            if let address = info.pointee.ai_addr { addresses.append(SocketAddress(address, info.pointee.ai_addrlen)) }
            next = info.pointee.ai_next
        }
        uv_freeaddrinfo(result)
        let question = Unmanaged<Question>.fromOpaque(request.pointee.data).takeRetainedValue()
        request.deallocate()
        question.continuation.resume(returning: (status, addresses))
    }

    private static func byTurns(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let first = addresses.first?.family else { return [] }
        var preferred = addresses.filter { $0.family == first }[...]
        var others = addresses.filter { $0.family != first }[...]
        var result: [SocketAddress] = []
        while !preferred.isEmpty || !others.isEmpty {
            if let address = preferred.popFirst() { result.append(address) }
            if let address = others.popFirst() { result.append(address) }
        }
        return result
    }
}
