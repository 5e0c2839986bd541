import Base
import Daemon
import IO
import MailReceiver

/// `fairlead demo`: two relays on this machine, paired, linked, one channel between them, mirrored to e-mail.
enum DemoCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let isOnce = arguments.takeFlag("--once") || !Console.isTerminal
        let folder = arguments.takeOption("--dir").map(Files.absolute)
        Console.outliveReaders()
        let loop = EventLoop()
        loop.start()
        defer { loop.stop() }
        do {
            let place = try DemoFolder(folder)
            defer { place.leave() }
            return try await withTaskExecutorPreference(loop) { try await Demo(loop, in: place.path).run(isOnce: isOnce) }
        } catch {
            return CommandLineProgram.fail("\(error)", (error as? DemoError)?.exit ?? .failed)
        }
    }
}

/// What went wrong before there was anything to show.
struct DemoError: Error, CustomStringConvertible {
    let description: String
    let exit: CommandLineProgram.Exit

    init(_ description: String, _ exit: CommandLineProgram.Exit = .failed) {
        self.description = description
        self.exit = exit
    }
}

/// The demonstration itself.
actor Demo {
    private static let patience = 300
    /// A relay waits at most 8 s for answers to what it sent.
    private static let ending = Interval.seconds(15)

    private let loop: EventLoop
    private let folder: String
    private var isOver = false
    /// The signal that ended it.
    private var signal: SignalWatch.Kind?
    /// Whoever asks a second time has no patience.
    private var isHasty = false
    private var clients: [DemoClient] = []
    private var overSignal = Signal()

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop, in folder: String) {
        self.loop = loop
        self.folder = folder
    }

    func run(isOnce: Bool) async throws -> CommandLineProgram.Exit {
        for kind in [SignalWatch.Kind.interrupt, .terminate, .hangUp] {
            _ = SignalWatch(kind, on: loop) { [weak self] in self?.assumeIsolated { $0.end(by: kind) } }
        }
        if Console.isTerminal { watchTerminal() }
        let mailbox = DemoMailbox(folder: "\(folder)/mail")
        let receiver = try await MailReceiver.open(
            .smtp, at: HostPort("127.0.0.1:0", mayBeAnyPort: true)!, folder: mailbox.folder, entropy: SystemEntropy(), on: loop)
        let ports = try await freePorts(4)
        let north = try DemoRelay("north", in: folder, ircPort: ports[0], linkPort: ports[1], on: loop)
        let south = try DemoRelay("south", in: folder, ircPort: ports[2], linkPort: ports[3], on: loop)
        var exit = CommandLineProgram.Exit.failed
        var failure: (any Error)?
        await withDiscardingTaskGroup { group in
            group.addTask { try? await receiver.run() }
            do {
                try await link(north, south, mailPort: receiver.port)
                if isOnce {
                    exit = try await play(north, south, mailbox, in: &group)
                } else {
                    try await watch(north, south, mailbox, in: &group)
                    exit = .done
                }
            } catch {
                failure = error
            }
            end(by: nil)
            for client in clients { await client.close() }
            await end(north, south)
            await receiver.stop()
        }
        if let failure { throw failure }
        return exit
    }

    /// Both at once; whoever takes too long is not waited for.
    private func end(_ relays: DemoRelay...) async {
        for relay in relays { await relay.terminate() }
        let deadline = loop.now + Demo.ending
        for relay in relays {
            while await !relay.hasEnded {
                if isHasty || loop.now >= deadline { await relay.kill() }
                await loop.sleep(until: loop.now + .milliseconds(20))
            }
        }
    }

    /// Only a session's leader is told when its terminal closes, and that may be a program that waits for this one.
    private func watchTerminal() {
        if isOver { return }
        if !Console.isTerminal { return end(by: .hangUp) }
        _ = loop.schedule(at: loop.now + .seconds(1)) { [weak self] in self?.assumeIsolated { $0.watchTerminal() } }
    }

    private func end(by kind: SignalWatch.Kind?) {
        if kind != nil && signal != nil { isHasty = true }
        if !isOver { signal = kind }
        isOver = true
        overSignal.set()
    }

    /// Throws once it is to end.
    private func goOn() throws {
        if isOver { throw DemoError("interrupted", signal?.exit ?? .failed) }
    }

    private func freePorts(_ count: Int) async throws -> [UInt16] {
        var listeners: [TCPListener] = []
        for _ in 0..<count { listeners.append(try await TCPListener.listen(at: HostPort("127.0.0.1:0", mayBeAnyPort: true)!, on: loop)) }
        defer { for listener in listeners { listener.close() } }
        return listeners.map(\.port)
    }

    // MARK: Two relays become acquainted

    private func link(_ north: DemoRelay, _ south: DemoRelay, mailPort: UInt16) async throws {
        Console.error("two relays start in \(folder)\n")
        try await north.start()
        try await south.start()
        try await wait("the relays do not answer", for: north, south) { relay in
            await relay.ask(ControlRequest("status"), as: StatusReport.self) != nil
        }
        let invitation = ControlRequest("link", ["verb": "invite", "name": "south"])
        guard let invite = await north.ask(invitation, as: InviteReport.self) else {
            throw DemoError("north makes no invite: \(north.log)")
        }
        Console.error("north invites south by the code \(invite.code.prefix(24))…\n")
        let acceptance = ControlRequest("link", ["verb": "accept", "code": invite.code])
        guard let paired = await south.ask(acceptance, as: PairedReport.self) else {
            throw DemoError("south can't accept the invite: \(south.log)")
        }
        Console.error("south accepts; they are paired over mutual TLS 1.3 as \(paired.name) and south\n")
        try await wait("the relays are not linked", for: north, south) { relay in
            await relay.ask(ControlRequest("status"), as: StatusReport.self)?.links.contains { $0.isUp } == true
        }
        try await north.bridge(to: "south", mailPort: nil)
        try await south.bridge(to: "north", mailPort: mailPort)
        try await wait("the channel is not shared", for: north, south) { relay in
            await relay.ask(ControlRequest("link", ["verb": "offers"]), as: OfferReport.self)?.state == "shared"
        }
    }

    private func wait(_ words: String, for relays: DemoRelay..., until isDone: (DemoRelay) async -> Bool) async throws {
        for relay in relays {
            var count = 0
            while await !isDone(relay) {
                count += 1
                try goOn()
                if let words = await relay.lastWords { throw DemoError(words) }
                if count > Demo.patience { throw DemoError("\(words): see \(relay.log)") }
                await loop.sleep(until: loop.now + .milliseconds(100))
            }
        }
    }

    private func client(_ nick: String, _ relay: DemoRelay, in group: inout DiscardingTaskGroup) -> DemoClient {
        let client = DemoClient(nick, port: relay.ircPort, on: loop)
        clients.append(client)
        group.addTask { await client.run() }
        return client
    }

    // MARK: A conversation by itself

    private func play(_ north: DemoRelay, _ south: DemoRelay, _ mailbox: DemoMailbox, in group: inout DiscardingTaskGroup) async throws
        -> CommandLineProgram.Exit
    {
        let (anna, carl) = (client("anna", north, in: &group), client("carl", north, in: &group))
        let bob = client("bob", south, in: &group)
        for one in [anna, carl, bob] { try await wait("\(one.nick) can't join", for: north) { _ in await one.isReady } }
        var script = DemoScript(north: north, south: south, anna: anna, carl: carl, bob: bob, on: loop) { try await self.goOn() }
        try await script.play()
        var verdict = await DemoVerdict(script.said, anna, bob, mailbox)
        for _ in 0..<Demo.patience where verdict.lost > 0 {
            try goOn()
            await loop.sleep(until: loop.now + .milliseconds(200))
            verdict = await DemoVerdict(script.said, anna, bob, mailbox)
        }
        // What would come twice has a moment to do so.
        await loop.sleep(until: loop.now + .seconds(2))
        try goOn()
        verdict = await DemoVerdict(script.said, anna, bob, mailbox)
        let rows = DemoTimeline(north: await anna.lines, south: await bob.lines, mails: mailbox.mails)
        Console.output(rows.text)
        Console.output("reactions seen at north: \(await anna.reactions.count), at south: \(await bob.reactions.count)\n")
        Console.output("\(verdict.text)\n")
        return verdict.isFlawless && script.unanswered == 0 ? .done : .failed
    }

    // MARK: For people

    private func watch(_ north: DemoRelay, _ south: DemoRelay, _ mailbox: DemoMailbox, in group: inout DiscardingTaskGroup) async throws {
        Console.output(
            """

            Two organisations, north and south, share #ops. Join with any IRC client, as many as you like:
              north: 127.0.0.1 port \(north.ircPort), no TLS, no password, /join #ops    (irssi -c 127.0.0.1 -p \(north.ircPort) -n anna)
              south: 127.0.0.1 port \(south.ircPort), no TLS, no password, /join #ops    (irssi -c 127.0.0.1 -p \(south.ircPort) -n bob)
            South mirrors the channel to e-mail: \(mailbox.folder)/new
            Ctrl-C ends it; what it wrote goes with it unless --dir names a folder. What passes shows here:

            """)
        let watch = DemoWatch()
        group.addTask {
            await watch.run(south)
            await self.end(by: nil)
        }
        while !isOver { await withUnsafeContinuation { overSignal.wait($0) } }
        // A relay that ended by itself ends the demonstration.
        if signal == nil, let words = await south.lastWords { throw DemoError(words) }
    }
}

extension SignalWatch.Kind {
    /// What a shell says of a program that ended by the signal: 128 and its number.
    fileprivate var exit: CommandLineProgram.Exit {
        switch self {
        case .hangUp: .hungUp
        case .interrupt: .interrupted
        case .terminate: .terminated
        }
    }
}
