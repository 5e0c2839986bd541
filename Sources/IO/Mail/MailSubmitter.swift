import Base
import Synchronization

/// Hands mail over through libcurl, each on a thread of its own for as long as it takes: libcurl waits for a server's answer to a text
/// without giving the thread back, whichever way it is driven (decision 0010).
package final class MailSubmitter: MailSubmitting {
    private let isAborted = Atomic(false)

    package init() {}

    package func submit(_ mail: MailSubmission, to server: SubmissionServer) async -> SubmissionEnd {
        await MailPerformer().perform(mail, to: server) { self.isAborted.load(ordering: .relaxed) }
    }

    package func abort() { isAborted.store(true, ordering: .relaxed) }
}

/// Sends one mail on its own thread.
private actor MailPerformer {
    private let thread = WorkerThread()

    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    func perform(_ mail: MailSubmission, to server: SubmissionServer, isAborted: @Sendable @escaping () -> Bool) -> SubmissionEnd {
        guard MailTransfer.isReady else { return .failed("libcurl.so.4 can't be loaded") }
        return MailTransfer(mail, to: server, isAborted: isAborted).perform()
    }
}
