import Base
import CUV
import Glibc

/// Connects over real networks.
package struct TCPConnector: Connecting {
    private let loop: EventLoop

    package init(on loop: EventLoop) { self.loop = loop }

    package func connect(to server: HostPort, _ security: StreamSecurity, from local: String?, before deadline: Instant)
        async throws(StreamError) -> any ByteStream
    {
        let stream = try await plain(to: server, from: local, before: deadline)
        guard case .verified(let authorities) = security else { return stream }
        let context = try TLSContext(verifyingServersBy: authorities)
        return try await TLSStream.connect(over: stream, context, to: server.host, before: deadline, on: loop)
    }

    private func plain(to server: HostPort, from local: String?, before deadline: Instant) async throws(StreamError) -> TCPStream {
        let addresses = try await Resolver.addresses(of: server, on: loop, before: deadline)
        var source: SocketAddress?
        if let local {
            guard let hostPort = HostPort(local.contains(":") ? "[\(local)]:1" : "\(local):1"),
                let address = try await Resolver.addresses(of: hostPort, on: loop, before: deadline).first
            else { throw .lost("\(local): no address to connect from") }
            source = address.withoutPort
        }
        let usable = source.map { source in addresses.filter { $0.family == source.family } } ?? addresses
        guard !usable.isEmpty else { throw .lost("\(server.host): no address") }
        return try await first(of: usable, from: source, before: deadline)
    }

    /// A connection to whichever of these addresses answers first.
    func first(of addresses: [SocketAddress], from source: SocketAddress?, before deadline: Instant) async throws(StreamError) -> TCPStream
    {
        let race = ConnectRace(addresses, from: source, on: loop)
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { race.run(before: deadline, $0) }
        } onCancel: {
            race.cancel()
        }
        return TCPStream(try result.get())
    }
}

extension SocketAddress {
    /// The same address at whatever port is free. Bytes 2 and 3 are the port in both families.
    fileprivate var withoutPort: SocketAddress {
        var changed = bytes
        changed[2] = 0
        changed[3] = 0
        return changed.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: sockaddr.self) { SocketAddress($0.baseAddress!, socklen_t(raw.count)) }
        }
    }
}

/// Tries addresses in order, the next one when the last has failed or has not answered for a quarter of a second (RFC 8305 section 5).
/// Sendable unchecked: the loop's own.
private final class ConnectRace: @unchecked Sendable {
    typealias Answer = Result<Descriptor, StreamError>

    private static let delay = Interval.milliseconds(250)

    private let loop: EventLoop
    private let source: SocketAddress?
    private var rest: ArraySlice<SocketAddress>
    private var running: [Descriptor] = []
    private var timers: [TimerID] = []
    private var lastError = StreamError.timedOut
    private var continuation: UnsafeContinuation<Answer, Never>?
    private var isCancelled = false

    init(_ addresses: [SocketAddress], from source: SocketAddress?, on loop: EventLoop) {
        self.loop = loop
        self.source = source
        rest = addresses[...]
    }

    func run(before deadline: Instant, _ continuation: UnsafeContinuation<Answer, Never>) {
        self.continuation = continuation
        if isCancelled { return end(.failure(.closed)) }
        timers.append(loop.schedule(at: deadline) { self.end(.failure(.timedOut)) })
        startNext()
    }

    /// Nobody waits for it any more. On the loop, as everything here: who cancels a task of the loop is there.
    func cancel() {
        isCancelled = true
        end(.failure(.closed))
    }

    private func startNext() {
        guard continuation != nil else { return }
        guard let address = rest.popFirst() else {
            if running.isEmpty { end(.failure(lastError)) }
            return
        }
        let number = socket(address.family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        if number < 0 { return failed(nil, errno) }
        if let source, source.withSockaddr({ bind(number, $0, $1) }) != 0 {
            let code = errno
            close(number)
            return failed(nil, code)
        }
        let status = address.withSockaddr { Glibc.connect(number, $0, $1) }
        let code = errno
        let descriptor = Descriptor(number, on: loop)
        if status == 0 { return end(.success(descriptor)) }
        if code != EINPROGRESS {
            descriptor.close()
            return failed(nil, code)
        }
        running.append(descriptor)
        descriptor.onWritable { self.answered(descriptor) }
        if !rest.isEmpty { timers.append(loop.schedule(at: loop.now + ConnectRace.delay) { self.startNext() }) }
    }

    private func answered(_ descriptor: Descriptor) {
        guard continuation != nil, !descriptor.isClosed else { return }
        var code: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        getsockopt(descriptor.number, SOL_SOCKET, SO_ERROR, &code, &length)
        if code == 0 { end(.success(descriptor)) } else { failed(descriptor, code) }
    }

    private func failed(_ descriptor: Descriptor?, _ code: Int32) {
        lastError = .lost(systemWords(code))
        if let descriptor {
            running.removeAll { $0 === descriptor }
            descriptor.close()
        }
        startNext()
    }

    private func end(_ answer: Answer) {
        guard let continuation else { return }
        self.continuation = nil
        for timer in timers { loop.cancel(timer) }
        for descriptor in running {
            if case .success(let winner) = answer, winner === descriptor { continue }
            descriptor.close()
        }
        running = []
        continuation.resume(returning: answer)
    }
}
