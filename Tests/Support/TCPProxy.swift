import CUV
import Glibc
import Synchronization

/// A TCP proxy of the loopback on a thread of its own that cuts, stalls and delays what it carries.
package final class TCPProxy: Sendable {
    package let port: UInt16
    private let listener: Int32
    private let target: UInt16
    private let order = Atomic<Int>(0)
    private let isStalled = Atomic<Bool>(false)
    private let isEnded = Atomic<Bool>(false)
    private let delayInMilliseconds = Atomic<Int>(0)

    private enum Order: Int { case none, cut, abandon, release }

    private struct Pair {
        let client: Int32
        let server: Int32
    }

    /// Carries everything between who connects to `port` and whoever listens at `target`.
    package init(to target: UInt16) {
        self.target = target
        (listener, port) = listenAtLoopback(backlog: 16)
        detachThread { self.run() }
    }

    /// Ends every connection at both sides.
    package func cut() { give(.cut) }

    /// Ends every connection towards the client; the server notices nothing until `release`.
    package func abandon() { give(.abandon) }

    /// Ends what `abandon` left.
    package func release() { give(.release) }

    /// Carries nothing for now; connections stay.
    package func stall(_ isOn: Bool) { isStalled.store(isOn, ordering: .sequentiallyConsistent) }

    package func delay(milliseconds: Int) { delayInMilliseconds.store(milliseconds, ordering: .sequentiallyConsistent) }

    /// Ends the thread and every connection.
    package func end() { isEnded.store(true, ordering: .sequentiallyConsistent) }

    private func give(_ order: Order) {
        self.order.store(order.rawValue, ordering: .sequentiallyConsistent)
        while self.order.load(ordering: .sequentiallyConsistent) != 0 { usleep(1000) }
    }

    private func run() {
        var pairs: [Pair] = []
        var abandoned: [Int32] = []
        while !isEnded.load(ordering: .sequentiallyConsistent) {
            switch Order(rawValue: order.load(ordering: .sequentiallyConsistent))! {
            case .none: break
            case .cut:
                for pair in pairs { end(pair) }
                pairs = []
            case .abandon:
                for pair in pairs { close(pair.client) }
                abandoned += pairs.map(\.server)
                pairs = []
            case .release:
                for server in abandoned { close(server) }
                abandoned = []
            }
            order.store(0, ordering: .sequentiallyConsistent)
            let isStalled = self.isStalled.load(ordering: .sequentiallyConsistent)
            let watched = [listener] + (isStalled ? [] : pairs.flatMap { [$0.client, $0.server] })
            var polled = watched.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            if poll(&polled, nfds_t(polled.count), 5) <= 0 { continue }
            let ready = Set(polled.filter { $0.revents != 0 }.map(\.fd))
            if ready.contains(listener) { accept(into: &pairs) }
            if !isStalled { pairs = pairs.filter { carry($0, ready) } }
        }
        for pair in pairs { end(pair) }
        for server in abandoned { close(server) }
        close(listener)
    }

    private func accept(into pairs: inout [Pair]) {
        let client = Glibc.accept(listener, nil, nil)
        let server = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        if withLoopback(target, { connect(server, $0, $1) }) == 0 {
            pairs.append(Pair(client: client, server: server))
        } else {
            end(Pair(client: client, server: server))
        }
    }

    /// False when either side has ended it.
    private func carry(_ pair: Pair, _ ready: Set<Int32>) -> Bool {
        for (from, to) in [(pair.client, pair.server), (pair.server, pair.client)] where ready.contains(from) {
            var chunk = [UInt8](repeating: 0, count: 16_384)
            let count = recv(from, &chunk, chunk.count, 0)
            let delay = delayInMilliseconds.load(ordering: .sequentiallyConsistent)
            if delay > 0 { usleep(UInt32(delay) * 1000) }
            if count <= 0 || send(to, chunk, count, Int32(MSG_NOSIGNAL)) != count {
                end(pair)
                return false
            }
        }
        return true
    }

    private func end(_ pair: Pair) {
        close(pair.client)
        close(pair.server)
    }
}
