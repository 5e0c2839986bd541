import Base
import Core
import WireIRC

/// One connection. The listener's own, like all of it.
final class Client {
    let id: Int
    let stream: any ByteStream
    let address: String
    let connectedAt: Instant
    var session = ListenerSession()
    var lastHeard: Instant
    /// Bytes before it was registered.
    var unregisteredBytes = 0
    var flow = Flow()
    /// Lines of its that wait to be accepted.
    var waiting = 0
    var roomSignal = Signal()
    /// What it asked for last, where that was given up before anything was found.
    var unfinished: (request: HistoryRequest, place: ReadingPlace)?

    private(set) var output: [UInt8] = []
    private var writeSignal = Signal()
    /// Nothing more is to be sent than what waits; then the connection is closed.
    private(set) var isEnding = false

    init(_ id: Int, _ stream: any ByteStream, from address: String, at now: Instant) {
        self.id = id
        self.stream = stream
        self.address = address
        connectedAt = now
        lastHeard = now
    }

    /// Puts a line, as this client may see it, behind what waits already. False if that is too much.
    func send(_ message: IRCMessage) -> Bool {
        guard !isEnding, let shaped = session.shaped(message) else { return true }
        let bytes = shaped.bytes
        if output.count + bytes.count > IRCListenerLimits.output { return false }
        output += bytes
        writeSignal.set()
        return true
    }

    func end() {
        isEnding = true
        writeSignal.set()
        roomSignal.set()
    }

    func takeOutput() -> [UInt8] {
        defer { output = [] }
        return output
    }

    func waitForOutput(_ continuation: UnsafeContinuation<Void, Never>) { writeSignal.wait(continuation) }
}

/// How fast a client may speak: some lines at once, then one after another. Nothing is dropped; the client is read later.
struct Flow: Hashable, Sendable {
    /// When the next line is due if everything before was on time.
    private var due: Instant?

    /// How long a line that came at `now` has to wait.
    mutating func take(at now: Instant) -> Interval {
        let burst = Interval(nanoseconds: IRCListenerLimits.pace.nanoseconds * UInt64(IRCListenerLimits.burst))
        let next = max(due ?? now, now) + IRCListenerLimits.pace
        due = next
        let ahead = now.distance(to: next)
        return Interval(nanoseconds: ahead.nanoseconds > burst.nanoseconds ? ahead.nanoseconds - burst.nanoseconds : 0)
    }
}
