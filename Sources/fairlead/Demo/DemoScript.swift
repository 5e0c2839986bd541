import Base
import Daemon
import IO

/// The scripted conversation: people on both sides, a relay that dies in the middle, and what really came of it.
struct DemoScript {
    /// Something that was said and echoed, so that the relay has promised it.
    struct Said: Sendable {
        let number: Int
        let nick: String
        let isNorth: Bool
    }

    private static let meanwhile = 200

    let north: DemoRelay
    let south: DemoRelay
    let anna: DemoClient
    let carl: DemoClient
    let bob: DemoClient
    let loop: EventLoop
    /// Throws when the demonstration is to end.
    let goOn: @Sendable () async throws -> Void
    private(set) var said: [Said] = []
    /// What was said and never echoed: nobody promised anything.
    private(set) var unanswered = 0

    init(
        north: DemoRelay, south: DemoRelay, anna: DemoClient, carl: DemoClient, bob: DemoClient, on loop: EventLoop,
        goOn: @escaping @Sendable () async throws -> Void
    ) {
        self.goOn = goOn
        self.north = north
        self.south = south
        self.anna = anna
        self.carl = carl
        self.bob = bob
        self.loop = loop
    }

    /// Each message ends with its number, by which it is known wherever it arrives.
    static func token(_ number: Int) -> String { "[\(number)]" }

    mutating func play() async throws {
        _ = try await say(anna, "Good morning, \u{2}everybody\u{2}!")
        _ = try await say(carl, "Morning. The plan is at https://plan.example/spring")
        try await pause(300)
        let answer = try await say(bob, "Thanks! \u{1D}Looks fine\u{1D} from here.")
        try await pause(300)
        if let id = await bob.lines.first(where: { $0.text.hasSuffix(DemoScript.token(1)) })?.id {
            _ = try await say(bob, "Good morning to you too", tags: "@+draft/reply=\(id) ")
        }
        try await pause(300)
        if answer != nil, let id = await anna.lines.last(where: { $0.nick.hasPrefix("bob") })?.id { await anna.react("👍", to: id) }
        try await pause(500)
        Console.error("south's relay is killed now (SIGKILL); north goes on talking\n")
        await south.kill()
        for number in 1...DemoScript.meanwhile {
            _ = try await say(number % 2 == 0 ? anna : carl, "While you are away, line \(number)")
            if number == DemoScript.meanwhile / 2 {
                Console.error("south's relay starts again\n")
                try await south.start()
            }
        }
        for _ in 0..<300 where await !bob.isReady { try await pause(100) }
        _ = try await say(bob, "I am back. What did I miss?")
        _ = try await say(anna, "Nothing, it seems.")
    }

    private mutating func say(_ client: DemoClient, _ text: String, tags: String = "") async throws -> String? {
        let number = said.count + unanswered + 1
        let id = await client.say("\(text) \(DemoScript.token(number))", tags: tags)
        try await goOn()
        if id == nil {
            unanswered += 1
        } else {
            said.append(Said(number: number, nick: client.nick, isNorth: client.nick != bob.nick))
        }
        return id
    }

    private func pause(_ milliseconds: UInt64) async throws {
        await loop.sleep(until: loop.now + .milliseconds(milliseconds))
        try await goOn()
    }
}

/// What arrived, counted from what clients and the mailbox really received.
struct DemoVerdict {
    private(set) var sent = 0
    private(set) var arrived = 0
    private(set) var lost = 0
    private(set) var twice = 0
    private(set) var outOfOrder = 0

    /// `north`, `south`: the lines of a client at each side. Each message must be at the other side and in a mail.
    init(_ said: [DemoScript.Said], north: [String], south: [String], mails: [DemoMailbox.Mail]) {
        sent = said.count
        var seen: Set<String> = []
        let bodies = mails.filter { seen.insert($0.messageID).inserted }.map(\.body)
        for isNorth in [true, false] {
            let own = said.filter { $0.isNorth == isNorth }.map(\.number)
            let chat = DemoVerdict.places(of: own, in: isNorth ? south : north)
            let mail = DemoVerdict.places(of: own, in: bodies)
            for number in own {
                let (inChat, inMail) = (chat[number]?.count ?? 0, mail[number]?.count ?? 0)
                if inChat > 0 && inMail > 0 { arrived += 1 } else { lost += 1 }
                twice += max(0, inChat - 1) + max(0, inMail - 1)
            }
            outOfOrder += DemoVerdict.disorder(own, chat) + DemoVerdict.disorder(own, mail)
        }
    }

    /// Of what two clients have received and the mailbox holds now.
    init(_ said: [DemoScript.Said], _ north: DemoClient, _ south: DemoClient, _ mailbox: DemoMailbox) async {
        self.init(said, north: await north.lines.map(\.text), south: await south.lines.map(\.text), mails: mailbox.mails)
    }

    private static func places(of numbers: [Int], in texts: [String]) -> [Int: [Int]] {
        var places: [Int: [Int]] = [:]
        let wanted = Set(numbers)
        for (place, text) in texts.enumerated() {
            for piece in text.split(separator: "[").dropFirst() {
                guard let number = Int(piece.prefix { $0 != "]" }), piece.contains("]"), wanted.contains(number) else { continue }
                places[number, default: []].append(place)
            }
        }
        return places
    }

    private static func disorder(_ numbers: [Int], _ places: [Int: [Int]]) -> Int {
        var last = -1
        var count = 0
        for number in numbers.sorted() {
            guard let place = places[number]?.first else { continue }
            if place < last { count += 1 }
            last = max(last, place)
        }
        return count
    }

    var isFlawless: Bool { lost == 0 && twice == 0 && outOfOrder == 0 && sent > 0 }
    var text: String { "demo: sent \(sent), arrived \(arrived), lost \(lost), twice \(twice), out of order \(outOfOrder)" }
}
