import Glibc

/// A socket that listens at a free port of the loopback.
func listenAtLoopback(backlog: Int32) -> (descriptor: Int32, port: UInt16) {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    let port = freePort()
    var on: Int32 = 1
    setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, socklen_t(MemoryLayout<Int32>.size))
    let status = withLoopback(port) { bind(number, $0, $1) }
    precondition(status == 0 && listen(number, backlog) == 0, "a test's server can't listen")
    return (number, port)
}

/// Runs `body` on a thread of its own, for which nobody waits.
func detachThread(_ body: @escaping @Sendable () -> Void) {
    final class Start {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var thread = pthread_t()
    let status = pthread_create(
        &thread, nil,
        {
            Unmanaged<Start>.fromOpaque($0!).takeRetainedValue().body()
            return nil
        }, Unmanaged.passRetained(Start(body)).toOpaque())
    precondition(status == 0, "no thread to be had: error \(status)")
    pthread_detach(thread)
}
