import Glibc

/// A certificate authority made for one test by the openssl command, and what it vouches for.
package final class Certificates: Sendable {
    private let folder = TemporaryFolder()

    package struct Pair: Sendable {
        package let certificate: String
        package let key: String
    }

    package init() { selfSigned("ca") }

    /// What clients trust.
    package var authority: String { "\(folder.path)/ca.pem" }

    /// For these names (`DNS:localhost`, `IP:127.0.0.1`), valid for so many days: minus one has expired.
    package func server(_ name: String, for names: String..., days: Int = 2) -> Pair {
        let path = "\(folder.path)/\(name)"
        let alternatives = "subjectAltName=\(names.joined(separator: ","))"
        run(["req", "-newkey"] + kind + ["-keyout", "\(path).key", "-out", "\(path).csr", "-subj", "/CN=test", "-addext", alternatives])
        run([
            "x509", "-req", "-in", "\(path).csr", "-CA", authority, "-CAkey", "\(folder.path)/ca.key", "-CAcreateserial",
            "-copy_extensions",
            "copy", "-days", String(days), "-out", "\(path).pem",
        ])
        return Pair(certificate: "\(path).pem", key: "\(path).key")
    }

    /// One that nobody vouches for.
    @discardableResult
    package func selfSigned(_ name: String) -> Pair {
        let path = "\(folder.path)/\(name)"
        run(
            ["req", "-x509", "-newkey"] + kind + ["-keyout", "\(path).key", "-out", "\(path).pem", "-days", "2", "-subj", "/CN=localhost"]
                + ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        return Pair(certificate: "\(path).pem", key: "\(path).key")
    }

    private let kind = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]

    private func run(_ arguments: [String]) {
        let code = ChildProcess("/usr/bin/openssl", arguments, everythingTo: "\(folder.path)/log").wait()
        precondition(code == 0, "openssl \(arguments[0]) failed")
        // Servers give up being root and must still read their folder and key.
        chmod(folder.path, 0o755)
        if let key = arguments.firstIndex(of: "-keyout") { chmod(arguments[key + 1], 0o644) }
    }
}
