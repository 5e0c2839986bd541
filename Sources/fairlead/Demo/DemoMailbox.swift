import IO

/// What stands in the demonstration's Maildir.
struct DemoMailbox {
    struct Mail: Hashable {
        let messageID: String
        let from: String
        let subject: String
        let body: String
    }

    let folder: String

    /// The mails, in the order of their coming.
    var mails: [Mail] {
        var mails: [(order: Int, mail: Mail)] = []
        for name in (try? Files.names(in: "\(folder)/new")) ?? [] {
            guard let bytes = try? Files.read("\(folder)/new/\(name)", atMost: 1 << 20) else { continue }
            // The receiver counts them in their names.
            let order = name.split(separator: ".").dropFirst(2).first.flatMap { Int($0) } ?? 0
            mails.append((order, DemoMailbox.mail(String(decoding: bytes, as: UTF8.self))))
        }
        return mails.sorted { $0.order < $1.order }.map(\.mail)
    }

    private static func mail(_ text: String) -> Mail {
        let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        let heads = lines.prefix { !$0.isEmpty }
        func head(_ name: String) -> String {
            heads.first { $0.lowercased().hasPrefix(name + ":") }.map { String($0.drop { $0 != ":" }.dropFirst().drop { $0 == " " }) } ?? ""
        }
        return Mail(
            messageID: head("message-id"), from: head("from"), subject: head("subject"),
            body: lines.dropFirst(heads.count + 1).joined(separator: "\n"))
    }
}
