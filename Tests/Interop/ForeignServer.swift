import Glibc
import IO
import Support

/// A real IRC server from Debian's packages, unpacked by Scripts/servers, on a free port of the loopback.
final class ForeignServer {
    enum Kind: Hashable { case ngIRCd, inspIRCd }

    let kind: Kind
    let port: UInt16
    /// Where it speaks TLS, if it was given a certificate.
    let tlsPort = freePort()
    private let linkPort = freePort()
    private var services: ServicesServer?
    private let folder = TemporaryFolder()
    private let options: Options
    private var process: ChildProcess?

    struct Options {
        /// Whether the server holds back or throws out clients that send fast.
        var limitsFloods = false
        /// Lines that InspIRCd keeps for those who join; nil: none.
        var keptLines: Int? = 10_000
        /// NickServ and SASL.
        var hasServices = false
        /// Its certificate and key; InspIRCd only.
        var tls: Certificates.Pair?
        /// The address it listens at, an IPv6 one for example.
        var address = "127.0.0.1"
        /// Lines of its configuration beyond that.
        var more = ""
    }

    init(_ kind: Kind, _ options: Options = Options()) {
        self.kind = kind
        self.options = options
        port = freePort()
        start()
    }

    deinit { stop() }

    func stop() {
        services = nil
        process?.kill()
        process = nil
    }

    func start() {
        let configuration = "\(folder.path)/server.conf"
        write(kind == .ngIRCd ? ngIRCd : inspIRCd, to: configuration)
        // The server gives up being root and must still read its folder.
        chmod(folder.path, 0o755)
        switch kind {
        case .ngIRCd:
            process = ChildProcess(ForeignServer.path("usr/sbin/ngircd"), ["-n", "-f", configuration], everythingTo: "\(folder.path)/log")
        case .inspIRCd:
            process = ChildProcess(
                ForeignServer.path("usr/sbin/inspircd"), ["--config=\(configuration)", "--nofork", "--runasroot"],
                everythingTo: "\(folder.path)/log")
        }
        for _ in 0..<500 {
            if IRCProbe.canConnect(port) { return linkServices() }
            usleep(20_000)
        }
        preconditionFailure("\(kind) does not start: \(ForeignServer.text(of: "\(folder.path)/log"))")
    }

    private func linkServices() {
        guard options.hasServices else { return }
        services =
            switch kind {
            case .ngIRCd: ServicesServer(linkedTo: "ng.test", at: port, ["protocol/ngircd"])
            case .inspIRCd: ServicesServer(linkedTo: "insp.test", at: linkPort, ["protocol/base36uid", "protocol/inspircd"])
            }
    }

    private func write(_ text: String, to path: String) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
        defer { close(descriptor) }
        _ = Glibc.write(descriptor, text, text.utf8.count)
    }

    static func text(of path: String) -> String {
        (try? Files.read(path, atMost: 64 << 20)).map { String(decoding: $0, as: UTF8.self) } ?? ""
    }

    static func path(_ name: String) -> String {
        let top = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        setenv("LD_LIBRARY_PATH", "/\(top)/.build/servers/usr/lib/x86_64-linux-gnu:/\(top)/.build/servers/usr/lib/aarch64-linux-gnu", 1)
        return "/\(top)/.build/servers/\(name)"
    }

    private var ngIRCd: String {
        """
        [Global]
        Name = ng.test
        Info = test
        Listen = \(options.address == "127.0.0.1" ? "127.0.0.1" : "127.0.0.1,\(options.address)")
        Ports = \(port)
        MotdPhrase = "hello"
        [Limits]
        MaxConnectionsIP = 0
        MaxNickLength = 20
        \(options.limitsFloods ? "" : "MaxPenaltyTime = 0")
        [Options]
        DNS = no
        Ident = no
        PAM = no
        \(options.hasServices ? ngIRCdLink : "")
        \(options.more)
        """
    }

    private var ngIRCdLink: String {
        """
        [Server]
        Name = services.test
        MyPassword = \(ServicesServer.password)
        PeerPassword = \(ServicesServer.password)
        ServiceMask = *Serv
        Passive = yes
        """
    }

    private var inspIRCdLink: String {
        let modules = [
            "spanningtree", "services_account", "globops", "hidechans", "hideoper", "cban", "svshold", "sasl", "chghost",
        ]
        return """
            \(modules.map { "<module name=\"\($0)\">" }.joined(separator: "\n"))
            <bind address="127.0.0.1" port="\(linkPort)" type="servers">
            <link name="services.test" ipaddr="127.0.0.1" port="\(linkPort)" allowmask="127.0.0.0/8" timeout="10" \
            sendpass="\(ServicesServer.password)" recvpass="\(ServicesServer.password)">
            <uline server="services.test" silent="yes">
            <sasl target="services.test">
            """
    }

    private func inspIRCdTLS(_ pair: Certificates.Pair) -> String {
        """
        <module name="ssl_gnutls">
        <sslprofile name="main" provider="gnutls" certfile="\(pair.certificate)" keyfile="\(pair.key)">
        <bind address="127.0.0.1" port="\(tlsPort)" type="clients" sslprofile="main">
        """
    }

    private var inspIRCd: String {
        let modules = [
            "ircv3", "ircv3_batch", "ircv3_capnotify", "ircv3_chghost", "ircv3_ctctags", "ircv3_echomessage", "ircv3_labeledresponse",
            "ircv3_msgid", "ircv3_servertime", "chanhistory", "cap",
        ]
        let flood = options.limitsFloods ? "" : #"recvq="1M" fakelag="no" commandrate="1000000" threshold="100000""#
        return """
            <server name="insp.test" description="test" network="Test" id="1AA">
            <admin name="a" email="a@insp.test" nick="a">
            <bind address="127.0.0.1" port="\(port)" type="clients">
            <connect name="main" allow="*" timeout="60" pingfreq="120" hardsendq="100M" softsendq="50M" \(flood) limit="5000" \
            globalmax="1000" localmax="1000" resolvehostnames="no" useident="no">
            <options defaultmodes="ont\(options.keptLines.map { "H \($0):1d" } ?? "")">
            <performance quietbursts="yes">
            <dns server="127.0.0.1" timeout="1">
            \(modules.map { "<module name=\"\($0)\">" }.joined(separator: "\n"))
            <chanhistory maxlines="20000" bots="yes">
            <path moduledir="\(ForeignServer.path("usr/lib/inspircd/modules"))" configdir="\(folder.path)" datadir="\(folder.path)" \
            logdir="\(folder.path)" runtimedir="\(folder.path)">
            <pid file="\(folder.path)/pid">
            \(options.address == "127.0.0.1" ? "" : "<bind address=\"\(options.address)\" port=\"\(port)\" type=\"clients\">")
            \(options.hasServices ? inspIRCdLink : "")
            \(options.tls.map(inspIRCdTLS) ?? "")
            \(options.more)
            <log method="file" type="*" level="default" target="\(folder.path)/server.log">
            """
    }
}
