import Base

/// Hands mail over through libcurl, which is set up when the first mail is sent. Sendable unchecked: the loop's own.
package final class MailSubmitter: MailSubmitting, @unchecked Sendable {
    private let loop: EventLoop
    private lazy var multi = CurlMulti(on: loop)
    private var isUsed = false

    package init(on loop: EventLoop) { self.loop = loop }

    package func submit(_ mail: MailSubmission, to server: SubmissionServer) async -> SubmissionEnd {
        isUsed = true
        let transfer = MailTransfer(mail, to: server)
        return await withUnsafeContinuation { continuation in
            multi.add(transfer.easy) { continuation.resume(returning: transfer.end($0)) }
        }
    }

    package func abort() { if isUsed { multi.abort() } }
}
