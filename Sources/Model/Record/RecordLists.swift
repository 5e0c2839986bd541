import Base

/// Field `spans`: for each span the varints start (less the start before it), length, kind, argument length, and the argument.
enum SpanList {
    /// Whether the list can be read to its end. What its spans say is judged by `RichText`.
    static func isReadable(_ bytes: RawSpan) -> Bool {
        guard bytes.byteCount <= ModelLimits.record else { return false }
        var reader = ByteReader(bytes)
        while !reader.isAtEnd {
            guard (try? reader.varint()) != nil, (try? reader.varint()) != nil, (try? reader.varint()) != nil,
                let length = try? reader.varint(), (try? reader.skip(length)) != nil
            else { return false }
        }
        return true
    }

    /// The spans of a readable list; one whose numbers overflow counts as dropped.
    static func decode(_ bytes: RawSpan, dropped: inout Int) -> [RichText.Span] {
        var reader = ByteReader(bytes)
        var spans: [RichText.Span] = []
        var start: UInt64 = 0
        while !reader.isAtEnd {
            guard let delta = try? reader.varint(), let length = try? reader.varint(), let kind = try? reader.varint(),
                let argumentLength = try? reader.varint(), let argument = try? reader.skip(argumentLength)
            else { break }
            start = start &+ delta
            let end = start &+ length
            guard spans.count < ModelLimits.spans, start <= end, end <= UInt64(ModelLimits.text) else {
                dropped += 1
                continue
            }
            spans.append(RichText.Span(Int(start)..<Int(end), SpanKind(rawValue: kind), argument: bytes.copied(argument)))
        }
        return spans
    }

    static func encode(_ spans: [RichText.Span]) -> [UInt8] {
        var writer = ByteWriter()
        var previous = 0
        for span in spans {
            writer.varint(UInt64(span.start - previous))
            writer.varint(UInt64(span.end - span.start))
            writer.varint(span.kind.rawValue)
            writer.varint(UInt64(span.argument.count))
            writer.append(span.argument)
            previous = span.start
        }
        return writer.bytes
    }
}

/// Field `attachments`: for each file name, media type, description (each a varint length and text), then the varints size, width, height.
enum AttachmentList {
    /// nil if the bytes are no list, or one that breaks a limit.
    static func decode(_ bytes: RawSpan) -> [Attachment]? {
        var reader = ByteReader(bytes)
        var list: [Attachment] = []
        while !reader.isAtEnd {
            guard list.count < ModelLimits.attachments,
                let name = text(&reader, ModelLimits.title), let mediaType = text(&reader, ModelLimits.mediaType),
                let description = text(&reader, ModelLimits.description),
                let size = try? reader.varint(), let width = try? reader.varint(), let height = try? reader.varint()
            else { return nil }
            list.append(
                Attachment(name: name, mediaType: mediaType, size: size, description: description, width: width, height: height))
        }
        return list.isEmpty ? nil : list
    }

    static func encode(_ list: [Attachment]) -> [UInt8] {
        var writer = ByteWriter()
        for attachment in list {
            for text in [attachment.name, attachment.mediaType, attachment.description] {
                writer.varint(UInt64(text.utf8.count))
                writer.append(text)
            }
            writer.varint(attachment.size)
            writer.varint(attachment.width)
            writer.varint(attachment.height)
        }
        return writer.bytes
    }

    private static func text(_ reader: inout ByteReader, _ limit: Int) -> String? {
        guard let length = try? reader.varint(), length <= UInt64(limit), let range = try? reader.skip(length) else { return nil }
        let text = reader.bytes.copied(range)
        return Sanitiser.isSanitary(text.span) ? String(decoding: text, as: UTF8.self) : nil
    }
}
