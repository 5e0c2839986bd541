import Base
import CMicroHTTPD
import Glibc

/// What was asked for with GET or HEAD.
package struct HTTPRequest: Hashable, Sendable {
    /// Without what follows a question mark.
    package let path: String
    /// Whom the client means to ask: `host`, `host:port` or `[address]:port`; nil where it does not say.
    package let host: String?
}

/// An answer, whose body is left out where only its head was asked for.
package struct HTTPResponse: Hashable, Sendable {
    package let status: Int
    package let type: String
    package let body: String

    package init(_ status: Int, _ body: String, type: String = "text/plain; charset=utf-8") {
        self.status = status
        self.body = body
        self.type = type
    }
}

/// Answers GET and HEAD over HTTP/1.1 (RFC 9110, RFC 9112) at one address: one request a connection, within `HTTPLimits`.
///
/// libmicrohttpd reads and writes; its epoll descriptor is watched by the loop, so it needs no thread.
///
/// Sendable unchecked: all of it belongs to the loop's thread; callers are actors of the loop.
package final class HTTPServer: @unchecked Sendable {
    private let loop: EventLoop
    private var daemon: OpaquePointer?
    private var descriptor: Descriptor?
    private var timer: TimerID?
    private var sweeper: TimerID?
    /// Since when each connection is open, by its socket.
    private var opened: [Int32: Instant] = [:]
    /// Whether a connection went in the turn that runs.
    private var hasRoom = false
    private var waiting: [Exchange] = []
    private var signal = Signal()
    private var isStopping = false
    /// Answers by their status, and connections that were cut.
    package private(set) var answers: [Int: UInt64] = [:]
    package private(set) var timeouts: UInt64 = 0

    /// One request until it is answered.
    private final class Exchange {
        let request: HTTPRequest
        let connection: OpaquePointer
        var response: HTTPResponse?

        init(_ request: HTTPRequest, _ connection: OpaquePointer) {
            self.request = request
            self.connection = connection
        }
    }

    /// Listens from now on; `run` answers. Called on the loop.
    package static func listen(at place: HostPort, on loop: EventLoop) async throws(StreamError) -> HTTPServer {
        guard cmhd_load() else { throw .lost("libmicrohttpd.so.12 is not there") }
        return try HTTPServer(try await TCPListener.bound(at: place, on: loop).number, on: loop)
    }

    private init(_ listener: Int32, on loop: EventLoop) throws(StreamError) {
        self.loop = loop
        let owner = Unmanaged.passUnretained(self).toOpaque()
        guard
            let daemon = cmhd_start(
                listener, UInt32(HTTPLimits.connections), HTTPLimits.head,
                { owner, connection, path, method, _, _, uploaded, context in
                    // A body is read and forgotten.
                    uploaded?.pointee = 0
                    return HTTPServer.of(owner).asked(connection!, path!, method!, context!)
                },
                { _, _, context, _ in
                    if let kept = context?.pointee { Unmanaged<Exchange>.fromOpaque(kept).release() }
                    context?.pointee = nil
                },
                { owner, connection, _, code in
                    HTTPServer.of(owner).changed(connection!, isOpen: code == .CONNECTION_NOTIFY_STARTED)
                }, owner)
        else {
            _ = Glibc.close(listener)
            throw .lost("no memory or descriptor for an HTTP server")
        }
        // libmicrohttpd closes its own; what is watched is another name for it.
        let watched = fcntl(cmhd_descriptor(daemon), F_DUPFD_CLOEXEC, 0)
        if watched < 0 {
            cmhd_stop(daemon)
            throw .lost(systemWords())
        }
        self.daemon = daemon
        descriptor = Descriptor(watched, on: loop)
        watch()
    }

    private static func of(_ owner: UnsafeMutableRawPointer?) -> HTTPServer {
        Unmanaged<HTTPServer>.fromOpaque(owner!).takeUnretainedValue()
    }

    /// Answers, one request after the other, until `stop`.
    package func run(_ answer: (HTTPRequest) async -> HTTPResponse) async {
        while !isStopping {
            if waiting.isEmpty {
                await withUnsafeContinuation { signal.wait($0) }
                continue
            }
            let exchange = waiting.removeFirst()
            finish(exchange, await answer(exchange.request))
            turn()
        }
        for exchange in waiting { finish(exchange, HTTPResponse(503, "stopping\n")) }
        waiting = []
        turn()
        close()
    }

    /// Has `run` end; what was asked and is not answered is told so.
    package func stop() {
        isStopping = true
        signal.set()
    }

    private func close() {
        for timer in [timer, sweeper] { if let timer { loop.cancel(timer) } }
        let daemon = self.daemon
        self.daemon = nil
        descriptor?.close()
        if let daemon { cmhd_stop(daemon) }
    }

    // MARK: libmicrohttpd's turns

    private func watch() {
        descriptor?.onReadable { [weak self] in
            self?.turn()
            self?.watchOn()
        }
    }

    private func watchOn() { if daemon != nil { watch() } }

    private func turn() {
        guard let daemon else { return }
        if let timer { loop.cancel(timer) }
        timer = nil
        hasRoom = false
        cmhd_run(daemon)
        // With all connections taken it stops accepting, and begins again only when it is run once more after one has gone.
        let wait = hasRoom ? 0 : cmhd_wait(daemon)
        if wait >= 0 { timer = loop.schedule(at: loop.now + .milliseconds(UInt64(wait))) { [weak self] in self?.turn() } }
    }

    private func asked(
        _ connection: OpaquePointer, _ path: UnsafePointer<CChar>, _ method: UnsafePointer<CChar>,
        _ context: UnsafeMutablePointer<UnsafeMutableRawPointer?>
    ) -> MHD_Result {
        if let kept = context.pointee {
            guard let response = Unmanaged<Exchange>.fromOpaque(kept).takeUnretainedValue().response else { return .YES }
            return write(response, to: connection)
        }
        let method = String(cString: method)
        guard method == "GET" || method == "HEAD" else {
            return write(HTTPResponse(405, "only GET and HEAD\n"), to: connection, allow: "GET, HEAD")
        }
        let exchange = Exchange(
            HTTPRequest(path: String(cString: path), host: cmhd_host(connection).map { String(cString: $0) }), connection)
        context.pointee = Unmanaged.passRetained(exchange).toOpaque()
        waiting.append(exchange)
        cmhd_suspend(connection)
        signal.set()
        return .YES
    }

    private func finish(_ exchange: Exchange, _ response: HTTPResponse) {
        exchange.response = response
        cmhd_resume(exchange.connection)
    }

    private func write(_ response: HTTPResponse, to connection: OpaquePointer, allow: String? = nil) -> MHD_Result {
        answers[response.status, default: 0] += 1
        return cmhd_answer(connection, UInt32(response.status), response.type, allow, response.body, response.body.utf8.count)
    }

    private func changed(_ connection: OpaquePointer, isOpen: Bool) {
        let number = cmhd_socket(connection)
        if !isOpen {
            opened[number] = nil
            hasRoom = true
            return
        }
        opened[number] = loop.now
        if sweeper == nil { sweepLater() }
    }

    private func sweepLater() { sweeper = loop.schedule(at: loop.now + HTTPLimits.sweep) { [weak self] in self?.sweep() } }

    /// Whoever is slow is cut: libmicrohttpd's own time-out only knows silence.
    private func sweep() {
        sweeper = nil
        let limit = opened.count < HTTPLimits.connections ? HTTPLimits.whole : HTTPLimits.crowded
        for (number, since) in opened where since.distance(to: loop.now) >= limit {
            timeouts += 1
            shutdown(number, bothDirections)
        }
        if !opened.isEmpty { sweepLater() }
    }
}
