import Glibc
import IO
import Support

/// atheme-services linked to an IRC server: NickServ and SASL.
final class ServicesServer {
    static let password = "link"
    private let folder = TemporaryFolder()
    private let process: ChildProcess

    /// `protocolModules`: what speaks the server's language, in the order in which one needs the other.
    init(linkedTo name: String, at port: UInt16, _ protocolModules: [String]) {
        let configuration = "\(folder.path)/atheme.conf"
        let modules =
            ["transport/rfc1459"] + protocolModules + [
                "backend/corestorage", "backend/opensex", "crypto/pbkdf2v2", "nickserv/main", "nickserv/identify", "nickserv/register",
                "saslserv/main", "saslserv/plain",
            ]
        // The package's own folder of modules is not where it was unpacked to.
        let libraries = ["x86_64-linux-gnu", "aarch64-linux-gnu"].map { ForeignServer.path("usr/lib/\($0)/atheme/modules") }
        let library = libraries.first { Files.exists($0) } ?? ""
        let text = """
            \(modules.map { "loadmodule \"\(library)/\($0)\";" }.joined(separator: "\n"))
            serverinfo { name = "services.test"; desc = "services"; numeric = "00A"; recontime = 1; netname = "Test";
            hidehostsuffix = "users"; adminname = "a"; adminemail = "a@insp.test"; registeremail = "a@insp.test"; mta = "/bin/true";
            loglevel = { all; }; maxlogins = 5; maxusers = 0; mdlimit = 30; emaillimit = 100; emailtime = 300; auth = none;
            casemapping = ascii; };
            uplink "\(name)" { host = "127.0.0.1"; port = \(port); send_password = "\(ServicesServer.password)";
            receive_password = "\(ServicesServer.password)"; };
            nickserv { nick = "NickServ"; user = "NickServ"; host = "services.test"; real = "nicks"; };
            saslserv { nick = "SaslServ"; user = "SaslServ"; host = "services.test"; real = "sasl"; };

            """
        let descriptor = open(configuration, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        _ = write(descriptor, text, text.utf8.count)
        close(descriptor)
        process = ChildProcess(
            ForeignServer.path("usr/bin/atheme-services"),
            ["-n", "-r", "-c", configuration, "-D", folder.path, "-l", "\(folder.path)/log", "-p", "\(folder.path)/pid"],
            everythingTo: "\(folder.path)/output")
        for _ in 0..<500 {
            if log.contains("finished synching") { return }
            usleep(20_000)
        }
        preconditionFailure("atheme-services does not link: \(log.suffix(2000))")
    }

    deinit { process.kill() }

    private var log: String { ForeignServer.text(of: "\(folder.path)/log") }
}
