import Base
import Model

extension RichText {
    /// The same with a line for each file of a message, for networks that carry none.
    package func listing(_ attachments: [Attachment], _ texts: Texts) -> RichText {
        attachments.reduce(self) { body, attachment in
            body.appended((body.text.isEmpty ? "" : "\n") + texts.file(attachment.name, attachment.size))
        }
    }
}
