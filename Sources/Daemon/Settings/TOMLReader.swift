import Base
import CTOML

/// Reads TOML into values with places. The only file that knows how configuration is spelled.
enum TOMLReader {
    static func read(_ bytes: [UInt8], file: String) throws(ConfigurationError) -> [String: ConfigurationValue] {
        try TOMLShape.check(bytes, file: file)
        let builder = Builder(file: file)
        var reader = ctoml_reader()
        reader.context = Unmanaged.passUnretained(builder).toOpaque()
        reader.begin_table = { Builder.of($0).begin(isTable: true, $1, $2) }
        reader.begin_array = { Builder.of($0).begin(isTable: false, $1, $2) }
        reader.end = { Builder.of($0).end() }
        reader.string = { context, key, bytes, count, place in
            let text = String(decoding: UnsafeRawBufferPointer(start: bytes, count: count), as: UTF8.self)
            Builder.of(context).add(.string(text), key, place)
        }
        reader.integer = { Builder.of($0).add(.integer($2), $1, $3) }
        reader.boolean = { Builder.of($0).add(.boolean($2 != 0), $1, $3) }
        reader.other = { Builder.of($0).add(.other(String(cString: $2!)), $1, $3) }
        var message = [CChar](repeating: 0, count: 512)
        var place = ctoml_place()
        let status = bytes.withUnsafeBytes { raw in
            ctoml_parse(raw.bindMemory(to: CChar.self).baseAddress, raw.count, &reader, &message, message.count, &place)
        }
        guard status == 0 else {
            let words = String(decoding: message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            throw ConfigurationError(
                ConfigurationPlace(file: file, line: place.line, column: place.column),
                "\(words.hasSuffix(".") ? String(words.dropLast()) : words); expected TOML: [table], [[list]] or key = value, texts in quotes"
            )
        }
        guard case .table(let values)? = builder.root?.content else { return [:] }
        return values
    }

    /// Puts the tree together while the document is told.
    private final class Builder {
        private struct Open {
            let isTable: Bool
            let key: String?
            let place: ConfigurationPlace
            var entries: [String: ConfigurationValue] = [:]
            var elements: [ConfigurationValue] = []
        }

        private let file: String
        private var open: [Open] = []
        private(set) var root: ConfigurationValue?

        init(file: String) { self.file = file }

        static func of(_ context: UnsafeMutableRawPointer?) -> Builder { Unmanaged<Builder>.fromOpaque(context!).takeUnretainedValue() }

        func begin(isTable: Bool, _ key: UnsafePointer<CChar>?, _ place: ctoml_place) {
            open.append(Open(isTable: isTable, key: key.map { String(cString: $0) }, place: self.place(place)))
        }

        func end() {
            let done = open.removeLast()
            add(ConfigurationValue(done.isTable ? .table(done.entries) : .array(done.elements), at: done.place), done.key)
        }

        func add(_ content: ConfigurationValue.Content, _ key: UnsafePointer<CChar>?, _ place: ctoml_place) {
            add(ConfigurationValue(content, at: self.place(place)), key.map { String(cString: $0) })
        }

        private func add(_ value: ConfigurationValue, _ key: String?) {
            guard let last = open.indices.last else {
                root = value
                return
            }
            if let key { open[last].entries[key] = value } else { open[last].elements.append(value) }
        }

        private func place(_ place: ctoml_place) -> ConfigurationPlace {
            ConfigurationPlace(file: file, line: place.line, column: place.column)
        }
    }
}
