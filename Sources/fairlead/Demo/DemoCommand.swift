import Base
import Daemon
import IO
import MailReceiver

/// `fairlead demo`: two relays on this machine, paired, linked, one channel between them, mirrored to e-mail.
enum DemoCommand {
    static func run(_ arguments: inout Arguments) async -> CommandLineProgram.Exit {
        let isOnce = arguments.takeFlag("--once") || !Console.isTerminal
        var folder: String?
        if arguments.takesOption("--dir") {
            guard let given = arguments.takeOption("--dir") else { return CommandLineProgram.refuse("--dir needs a folder") }
            folder = Files.absolute(given)
        }
        if let word = arguments.take() { return CommandLineProgram.refuse("unknown argument \(word)") }
        let loop = EventLoop()
        loop.start()
        defer { loop.stop() }
        do {
            return try await withTaskExecutorPreference(loop) { try await Demo(loop, folder: folder).run(isOnce: isOnce) }
        } catch {
            return CommandLineProgram.fail("\(error)")
        }
    }
}

/// What went wrong before there was anything to show.
struct DemoError: Error, CustomStringConvertible {
    let description: String
}

/// The demonstration itself.
actor Demo {
    private static let patience = 300

    private let loop: EventLoop
    private let folder: String
    private var isOver = false
    private var clients: [DemoClient] = []
    private var overSignal = Signal()
    private var verdict: DemoVerdict?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop, folder: String?) throws {
        self.loop = loop
        if let folder {
            try Files.makeFolder(folder)
            self.folder = folder
        } else {
            self.folder = try ScratchFolder(in: "/tmp").path
        }
    }

    func run(isOnce: Bool) async throws -> CommandLineProgram.Exit {
        for kind in [SignalWatch.Kind.interrupt, .terminate] {
            _ = SignalWatch(kind, on: loop) { [weak self] in self?.assumeIsolated { $0.end() } }
        }
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
            end()
            for client in clients { await client.close() }
            await north.stop()
            await south.stop()
            await receiver.stop()
        }
        if let failure { throw failure }
        return exit
    }

    private func end() {
        isOver = true
        overSignal.set()
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
            throw DemoError(description: "north makes no invite: \(north.log)")
        }
        Console.error("north invites south by the code \(invite.code.prefix(24))…\n")
        let acceptance = ControlRequest("link", ["verb": "accept", "code": invite.code])
        guard let paired = await south.ask(acceptance, as: PairedReport.self) else {
            throw DemoError(description: "south can't accept the invite: \(south.log)")
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
                if isOver { throw DemoError(description: "interrupted") }
                if count > Demo.patience { throw DemoError(description: "\(words): see \(relay.log)") }
                await loop.sleep(until: loop.now + .milliseconds(100))
            }
        }
    }

    private func client(
        _ nick: String, _ relay: DemoRelay, in group: inout DiscardingTaskGroup,
        _ onLine: @escaping @Sendable (DemoClient.Line) -> Void = { _ in }
    )
        -> DemoClient
    {
        let client = DemoClient(nick, port: relay.ircPort, on: loop, onLine: onLine)
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
        var script = DemoScript(north: north, south: south, anna: anna, carl: carl, bob: bob, on: loop)
        try await script.play()
        var verdict = await DemoVerdict(script.said, anna, bob, mailbox)
        for _ in 0..<Demo.patience where verdict.lost > 0 && !isOver {
            await loop.sleep(until: loop.now + .milliseconds(200))
            verdict = await DemoVerdict(script.said, anna, bob, mailbox)
        }
        // What would come twice has a moment to do so.
        await loop.sleep(until: loop.now + .seconds(2))
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
            Ctrl-C ends it. What is said shows here:

            """)
        let watcher = client("watcher", south, in: &group) { Console.output("\($0.nick): \(DemoTimeline.plain($0.text))\n") }
        _ = watcher
        while !isOver { await withUnsafeContinuation { overSignal.wait($0) } }
    }
}
