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

/// Asks the system's resolver, each time on a thread of its own.
///
/// libuv's pool would do, but for servers that are silent: two unanswered questions there hold up all others, and can't be given up, so that
/// the loop and the process could only end after the system's own patience (some 30 s).
enum Resolver {
    /// The addresses of a host, those of both families by turns, beginning with the one that the system prefers (RFC 8305 section 4).
    static func addresses(of server: HostPort, on loop: EventLoop, before deadline: Instant) async throws(StreamError) -> [SocketAddress] {
        let lookup = Lookup()
        let timer = loop.schedule(at: deadline) { lookup.end(.failure(.timedOut)) }
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { lookup.run(server, $0) }
        } onCancel: {
            lookup.end(.failure(.closed))
        }
        loop.cancel(timer)
        return byTurns(try result.get())
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

/// One question. Its first answer counts, be it the system's, the deadline's, or that nobody wants to know any more.
private final class Lookup: @unchecked Sendable {  // guarded by `lock`
    typealias Answer = Result<[SocketAddress], StreamError>

    private static let running = Running()

    private let lock = Lock()
    private var answer: Answer?
    private var continuation: UnsafeContinuation<Answer, Never>?

    func run(_ server: HostPort, _ continuation: UnsafeContinuation<Answer, Never>) {
        let known = lock.withLock { () -> Answer? in
            if answer == nil { self.continuation = continuation }
            return answer
        }
        if let known { return continuation.resume(returning: known) }
        guard Lookup.running.begin() else { return end(.failure(.lost("\(server.host): the resolver has not answered earlier questions"))) }
        let argument = Unmanaged.passRetained(Question(server, self)).toOpaque()
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            {
                let question = Unmanaged<Question>.fromOpaque($0!).takeRetainedValue()
                question.lookup.end(Lookup.ask(question.server))
                Lookup.running.end()
                return nil
            }, argument)
        if status == 0 {
            pthread_detach(thread)
        } else {
            Unmanaged<Question>.fromOpaque(argument).release()
            Lookup.running.end()
            end(.failure(.lost("\(server.host): \(systemWords(status))")))
        }
    }

    func end(_ answer: Answer) {
        let continuation = lock.withLock { () -> UnsafeContinuation<Answer, Never>? in
            if self.answer == nil { self.answer = answer }
            defer { self.continuation = nil }
            return self.continuation
        }
        continuation?.resume(returning: answer)
    }

    private static func ask(_ server: HostPort) -> Answer {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        // AI_ADDRCONFIG hides the loopback of a family that has no other address; a literal address is not asked about.
        if server.host.contains(":") || server.host.utf8.allSatisfy({ $0 == 0x2E || (0x30...0x39).contains($0) })
            || server.host == "localhost"
        {
            hints.ai_flags = 0
        }
        var result: UnsafeMutablePointer<addrinfo>?
        let status = getaddrinfo(server.host, String(server.port), &hints, &result)
        if status != 0 { return .failure(.lost("\(server.host): \(String(cString: gai_strerror(status)))")) }
        defer { freeaddrinfo(result) }
        var addresses: [SocketAddress] = []
        var next = result
        while let info = next {
            if let address = info.pointee.ai_addr { addresses.append(SocketAddress(address, info.pointee.ai_addrlen)) }
            next = info.pointee.ai_next
        }
        return .success(addresses)
    }

    private final class Question {
        let server: HostPort
        let lookup: Lookup

        init(_ server: HostPort, _ lookup: Lookup) {
            self.server = server
            self.lookup = lookup
        }
    }

    /// How many threads wait for the system.
    private final class Running: @unchecked Sendable {  // guarded by `lock`
        private let lock = Lock()
        private var count = 0

        /// False if there are too many.
        func begin() -> Bool {
            lock.withLock {
                if count >= SocketLimits.lookups { return false }
                count += 1
                return true
            }
        }

        func end() { lock.withLock { count -= 1 } }
    }
}
