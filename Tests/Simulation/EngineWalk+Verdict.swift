import Base
import Core
import Model

extension EngineWalk {
    /// What the naive model has to say against the outcome; empty if all is well.
    package func verdict() -> [String] {
        var complaints = relay.world.failures
        for source in servers {
            for destination in servers where isLinked(source, destination) { complaints += compare(source, destination) }
        }
        return complaints
    }

    /// What people of `source` wrote, as it must stand on `destination`.
    private func compare(_ source: SimulatedServer, _ destination: SimulatedServer) -> [String] {
        var complaints: [String] = []
        let place = "\(source.name) -> \(destination.name)"
        let expected = Expected(source, taken: relay.world.accepted[source.name] ?? [])
        let relayed = destination.posts.filter { $0.user == nil }
        let lines = relayed.map(\.text)
        for message in expected.messages {
            let all = message.versions.flatMap { tokens($0) }
            let counts = all.map { token in lines.count { $0.contains(token) } }
            if destination.kind == .marks {
                for (token, count) in zip(all, counts) where count > 1 { complaints.append("\(place): \(token) stands \(count) times") }
                let standing = relayed.filter { post in !post.isDeleted && all.contains { post.text.contains($0) } }
                if message.isDeleted {
                    if !standing.isEmpty { complaints.append("\(place): deleted \(all[0]) still stands") }
                } else {
                    let text = standing.map(\.text).joined()
                    for token in tokens(message.versions.last!) where message.mustCome && !text.contains(token) {
                        complaints.append("\(place): \(token) is missing")
                    }
                }
            } else if !message.isDeleted {
                for token in tokens(message.versions.last!) where message.mustCome && !lines.contains(where: { $0.contains(token) }) {
                    complaints.append("\(place): \(token) is missing")
                }
            }
        }
        complaints += disorder(expected, lines, place)
        return complaints
    }

    /// Messages of one channel must show in its order, each by the first token of it that shows.
    private func disorder(_ expected: Expected, _ lines: [String], _ place: String) -> [String] {
        var last = -1
        var complaints: [String] = []
        for message in expected.messages {
            // An edit may have come as a message of its own, where its target was not shown: that one has its own place.
            let first = tokens(message.versions[0])
            guard let index = lines.firstIndex(where: { line in first.contains { line.contains($0) } }) else { continue }
            if index < last { complaints.append("\(place): \(first[0]) came too early") }
            last = max(last, index)
        }
        return complaints
    }

    private func tokens(_ text: String) -> [String] {
        var rest = text[...]
        var tokens: [String] = []
        while !rest.isEmpty {
            tokens.append(String(rest.prefix(SimulatedEndpoint.lineLength)))
            rest = rest.dropFirst(SimulatedEndpoint.lineLength)
        }
        return tokens
    }

    /// Parts that stand twice on servers that know no marks, and parts that are missing there.
    package func plainCount() -> (twice: Int, missing: Int) {
        var twice = 0
        var missing = 0
        for destination in servers where destination.kind != .marks {
            let lines = destination.posts.filter { $0.user == nil }.map(\.text)
            for source in servers where isLinked(source, destination) {
                for message in Expected(source, taken: relay.world.accepted[source.name] ?? []).messages {
                    for token in message.versions.flatMap({ tokens($0) }) {
                        let count = lines.count { $0.contains(token) }
                        twice += max(0, count - 1)
                    }
                    if message.mustCome && !message.isDeleted && message.versions.count == 1 {
                        missing += tokens(message.versions[0]).count { token in !lines.contains { $0.contains(token) } }
                    }
                }
            }
        }
        return (twice, missing)
    }
}

/// What people wrote on a server, message by message in order.
struct Expected {
    struct Message {
        var versions: [String]
        var isDeleted = false
        /// Whether a relay has said that it took it over, or can have it at any time.
        var mustCome: Bool
    }

    private(set) var messages: [Message] = []

    init(_ server: SimulatedServer, taken: [Happening]) {
        let takenTexts = Set(taken.compactMap { if case .posted(let text, _, _, _) = $0.content { text.text } else { nil } })
        var places: [Int: Int] = [:]
        for act in server.acts where act.user != nil {
            switch act.what {
            case .post:
                places[act.post] = messages.count
                messages.append(Message(versions: [act.text], mustCome: server.kind == .marks || takenTexts.contains(act.text)))
            case .edit:
                if let place = places[act.post] { messages[place].versions.append(act.text) }
            case .delete:
                if let place = places[act.post] { messages[place].isDeleted = true }
            case .react:
                break
            }
        }
    }
}
