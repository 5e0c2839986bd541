import Glibc
import IO
import Support

/// A certificate for 127.0.0.1 and its key, made for one test.
final class TestCertificate {
    private let folder = TemporaryFolder()
    var certificate: String { "\(folder.path)/certificate.pem" }
    var key: String { "\(folder.path)/key.pem" }

    /// `names`: of the server, as OpenSSL's subjectAltName wants them.
    init(names: String = "IP:127.0.0.1") {
        let openssl = ChildProcess(
            "/usr/bin/env",
            [
                "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                "/CN=fairlead test", "-addext", "subjectAltName=\(names)", "-keyout", key, "-out", certificate,
            ], everythingTo: "\(folder.path)/log")
        precondition(openssl.wait() == 0, "no certificate: \(ForeignServer.text(of: "\(folder.path)/log"))")
    }
}

/// Tests/Python/odd_mail_server.py at a free port.
final class OddMailServer {
    enum Security { case none, startTLS(TestCertificate), implicit(TestCertificate) }

    let port: UInt16
    private let folder = TemporaryFolder()
    private let process: ChildProcess

    init(_ security: Security = .none, account: String? = nil) {
        port = freePort()
        var arguments = ["\(port)", folder.path]
        switch security {
        case .none: break
        case .startTLS(let one): arguments += ["--tls", "starttls", "--certificate", one.certificate, "--key", one.key]
        case .implicit(let one): arguments += ["--tls", "implicit", "--certificate", one.certificate, "--key", one.key]
        }
        if let account { arguments += ["--account", account] }
        process = .python(
            "odd_mail_server.py", arguments, by: ForeignServer.path("python/bin/python"), errorsTo: "\(folder.path)/log")
        let word = process.line()
        precondition(word == "ready", "the odd mail server does not start: \(ForeignServer.text(of: "\(folder.path)/log"))")
    }

    deinit { process.kill() }

    /// The texts that it was given whole, in order.
    var texts: [String] {
        let count = fileNames(in: folder.path).count { $0.hasSuffix(".eml") }
        return (0..<count).map { ForeignServer.text(of: "\(folder.path)/\($0 + 1).eml") }
    }

    /// Recipients that it was asked for, in order.
    var asked: [String] { ForeignServer.text(of: "\(folder.path)/recipients").split(separator: "\n").map(String.init) }

    /// Waits until it has been given so many texts.
    func waitForTexts(_ count: Int, seconds: Int = 40) -> Bool {
        for _ in 0..<seconds * 20 {
            if texts.count >= count { return true }
            usleep(50_000)
        }
        return false
    }
}
