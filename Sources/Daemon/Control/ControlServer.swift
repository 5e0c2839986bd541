import Base
import Core
import IO
import Model

/// Answers commands at `control` in the state folder: root and the relay's own user may ask, one JSON object a line.
actor ControlServer {
    static let socketName = "control"

    /// A question is never longer: the longest text, each byte of it escaped.
    private static let longestLine = 6 * ModelLimits.text + 4096
    private static let connections = 32
    /// Between two answers of `status --watch`.
    static let watching = Interval.seconds(2)
    /// Whose answer has an end gets it for so long when the relay ends: it is written in a moment, unless nobody reads it.
    private static let farewell = Interval.seconds(1)

    private let listener: LocalListener
    private let loop: EventLoop
    private let log: Log
    private let answer: @Sendable (ControlRequest, ControlAnswer) async throws -> Void
    private var open: [TCPStream] = []
    /// Those of `open` whose answer comes to its end by itself.
    private var answering: Set<ObjectIdentifier> = []

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(
        in folder: String, on loop: EventLoop, log: Log, answer: @escaping @Sendable (ControlRequest, ControlAnswer) async throws -> Void
    ) throws(FileError) {
        listener = try LocalListener(at: "\(folder)/\(ControlServer.socketName)", on: loop)
        self.loop = loop
        self.log = log
        self.answer = answer
    }

    /// Ends answers that have no end of their own, too.
    func stop() {
        listener.close()
        for stream in open where !answering.contains(ObjectIdentifier(stream)) { stream.close() }
        _ = loop.schedule(at: loop.now + ControlServer.farewell) { [weak self] in
            self?.assumeIsolated { server in for stream in server.open { stream.close() } }
        }
    }

    func run() async {
        await withDiscardingTaskGroup { group in
            while let stream = await listener.accept() {
                if open.count >= ControlServer.connections {
                    stream.close()
                    continue
                }
                open.append(stream)
                group.addTask { await self.serve(stream) }
            }
            // The relay ends: whoever dials to accept an invite is not waited for.
            group.cancelAll()
        }
    }

    private func serve(_ stream: TCPStream) async {
        defer {
            stream.close()
            open.removeAll { $0 === stream }
            answering.remove(ObjectIdentifier(stream))
        }
        let timer = loop.schedule(at: loop.now + .seconds(10)) { stream.close() }
        guard let line = await readLine(stream) else { return }
        loop.cancel(timer)
        let answer = ControlAnswer(stream)
        guard let request = ControlJSON.value(line, as: ControlRequest.self) else {
            return await answer.end(ControlEnding(done: false, error: "the request is no JSON object with command and arguments", exit: 2))
        }
        if !request.isEndless { answering.insert(ObjectIdentifier(stream)) }
        do {
            try await self.answer(request, answer)
            await answer.end(ControlEnding(done: true))
        } catch let refusal as ControlRefusal {
            await answer.end(ControlEnding(done: false, error: refusal.words, exit: refusal.exit))
        } catch {
            await answer.end(ControlEnding(done: false, error: "\(error)", exit: 1))
        }
    }

    private func readLine(_ stream: TCPStream) async -> [UInt8]? {
        var bytes: [UInt8] = []
        do {
            while let more = try await stream.read(atMost: 4096) {
                bytes += more
                if let end = bytes.firstIndex(of: 0x0A) { return Array(bytes[..<end]) }
                if bytes.count > ControlServer.longestLine { return nil }
            }
        } catch {
            log.debug("a command went away", ["reason": "\(error)"])
        }
        return nil
    }
}

/// Where an answer's lines go.
struct ControlAnswer: Sendable {
    private let stream: TCPStream

    init(_ stream: TCPStream) { self.stream = stream }

    func line(_ value: some Encodable & Sendable) async throws { try await stream.write(ControlJSON.line(value) + [0x0A]) }

    /// Whether whoever asked has gone, or was sent away.
    var isGone: Bool { stream.isGone }

    /// Returns when whoever asked has gone, or was sent away.
    func waitUntilGone() async { while let more = try? await stream.read(atMost: 4096), !more.isEmpty {} }

    func close() { stream.close() }

    /// Whoever asked may be gone: then there is nobody to tell.
    fileprivate func end(_ ending: ControlEnding) async { try? await line(ending) }
}

/// Why a command is not done, and the exit code it ends with.
struct ControlRefusal: Error, Sendable {
    let words: String
    let exit: Int32

    static func usage(_ words: String) -> ControlRefusal { ControlRefusal(words: words, exit: 2) }
    static func refused(_ words: String) -> ControlRefusal { ControlRefusal(words: words, exit: 5) }
    static func failed(_ words: String) -> ControlRefusal { ControlRefusal(words: words, exit: 1) }
}
