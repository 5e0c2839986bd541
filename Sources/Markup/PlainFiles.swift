import Base
import Model

extension RichText {
    /// The same with a line for each file of a message, for networks that carry none.
    package func listing(_ attachments: [Attachment], _ texts: Texts) -> RichText {
        attachments.reduce(self) { body, attachment in
            body.appended((body.text.isEmpty ? "" : "\n") + texts.file(attachment.name, size(attachment.size)))
        }
    }

    /// `12 kB`, in powers of ten.
    private func size(_ bytes: UInt64) -> String {
        switch bytes {
        case ..<1000: "\(bytes) B"
        case ..<1_000_000: "\(bytes / 1000) kB"
        default: "\(bytes / 1_000_000) MB"
        }
    }
}
