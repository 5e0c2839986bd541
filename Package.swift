// swift-tools-version: 6.2
import PackageDescription

// One function per layer. What a layer may depend on is fixed here and nowhere else;
// `make check` compares every import in the sources with what stands here.

let strict: [SwiftSetting] = [
    // Without it an async helper called from an actor of the loop hops to the global pool and back (decision 0001).
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("ExistentialAny"),
    .enableExperimentalFeature("Lifetimes"),
    .treatAllWarnings(as: .error),
]

/// A C library of the system: a module map, which names what to link, and a shim header.
func system(_ name: String, apt: String) -> Target {
    .systemLibrary(name: name, path: "Sources/System/\(name)", providers: [.apt([apt])])
}

/// Bytes, digests, time, log, metrics and the contracts Loop, ByteStream, Entropy. Knows nothing of chat.
func base() -> Target {
    .target(name: "Base", dependencies: ["COpenSSL"], path: "Sources/Base", swiftSettings: strict)
}

/// The model: values only. No socket, clock or store.
func model(_ name: String) -> Target {
    .target(name: name, dependencies: ["Base", "CUTF8Proc"], path: "Sources/\(name)", swiftSettings: strict)
}

/// Bytes of one protocol to values and back, and its machines. No socket, clock, async or model; never one another.
func wire(_ name: String) -> Target {
    .target(name: "Wire\(name)", dependencies: ["Base"], path: "Sources/Wire/\(name)", swiftSettings: strict)
}

/// Rich text to what networks write, and back.
func markup() -> Target {
    .target(name: "Markup", dependencies: ["Base", "Model"], path: "Sources/Markup", swiftSettings: strict)
}

/// Intake, routing, journal contract, outbox: knows the model and no network.
func core() -> Target {
    .target(name: "Core", dependencies: ["Base", "Model"], path: "Sources/Core", swiftSettings: strict)
}

/// The only module with file descriptors and threads.
func io() -> Target {
    .target(name: "IO", dependencies: ["Base", "CUV", "COpenSSL", "CCurl", "CMicroHTTPD"], path: "Sources/IO", swiftSettings: strict)
}

/// The journal's implementations.
func store() -> Target {
    .target(
        name: "Store", dependencies: ["Base", "Model", "Core", "IO", "CSQLite", "CZlib"], path: "Sources/Store", swiftSettings: strict)
}

/// One kind of endpoint: its network's dialect and its settings. Endpoints never see one another.
func endpoint(_ kind: String, wire: String? = nil) -> Target {
    .target(
        name: "Endpoint\(kind)", dependencies: ["Base", "Model", "Core", "Markup", .target(name: "Wire\(wire ?? kind)")],
        path: "Sources/Endpoints/\(kind)", swiftSettings: strict)
}

/// Links between relays: an edge like an endpoint, whose wire format is ours.
func links() -> Target {
    .target(
        name: "Links", dependencies: ["Base", "Model", "Core", "IO", "WireLink", "CZlib"], path: "Sources/Links", swiftSettings: strict)
}

/// A mail server for demonstrations and tests: takes mail on the loopback and puts it into a Maildir.
func mailReceiver() -> Target {
    .target(name: "MailReceiver", dependencies: ["Base", "IO", "WireMail"], path: "Sources/MailReceiver", swiftSettings: strict)
}

/// Settings and the object graph: the only module that knows every kind of endpoint.
func daemon() -> Target {
    .target(
        name: "Daemon",
        dependencies: [
            "Base", "Model", "Core", "IO", "Store", "EndpointIRC", "EndpointIRCListener", "EndpointEmail", "Links", "WireLink", "CTOML",
        ],
        path: "Sources/Daemon",
        swiftSettings: strict)
}

let folders = [
    "WireIRC": "Wire/IRC", "EndpointIRC": "Endpoints/IRC", "WireMail": "Wire/Mail", "EndpointEmail": "Endpoints/Email",
    "WireLink": "Wire/Link", "EndpointIRCListener": "Endpoints/IRCListener",
]

/// A test target mirrors the folder of the module it tests and may see everything that module sees.
func tests(_ module: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(module)Tests", dependencies: dependencies, path: "Tests/\(folders[module] ?? module)", swiftSettings: strict)
}

/// Code that only tests use.
func support(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .target(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

/// A program that only tests start: one that is killed, or one that libFuzzer drives.
func helper(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, path: "Tests/\(name)", swiftSettings: strict)
}

let package = Package(
    name: "fairlead",
    targets: [
        system("COpenSSL", apt: "libssl-dev"),
        system("CUTF8Proc", apt: "libutf8proc-dev"),
        system("CSQLite", apt: "libsqlite3-dev"),
        system("CZlib", apt: "zlib1g-dev"),
        system("CUV", apt: "libuv1-dev"),

        // libcurl, loaded when it is needed first.
        .target(name: "CCurl", path: "Sources/System/CCurl"),
        // libmicrohttpd, the same way.
        .target(name: "CMicroHTTPD", path: "Sources/System/CMicroHTTPD"),
        // C++ behind a C header, as toml11 is a header of templates.
        .target(name: "CTOML", path: "Sources/System/CTOML"),

        base(),
        model("Model"),
        markup(),
        wire("IRC"),
        wire("Link"),
        wire("Mail"),
        core(),
        io(),
        store(),
        endpoint("IRC"),
        links(),
        endpoint("Email", wire: "Mail"),
        mailReceiver(),
        endpoint("IRCListener", wire: "IRC"),
        daemon(),
        .executableTarget(
            name: "fairlead", dependencies: ["Base", "Model", "Core", "IO", "Store", "Daemon", "WireIRC", "MailReceiver", "CZlib"],
            path: "Sources/fairlead",
            swiftSettings: strict),

        support("Support", ["Base", "IO", "CUV"]),
        support("Simulation", ["Support", "Base", "Model", "Core", "Store", "Links", "WireLink"]),
        .target(name: "FaultyVFS", dependencies: ["CSQLite"], path: "Tests/FaultyVFS"),
        helper("JournalVictim", ["Base", "Model", "Core", "Store", "Support", "Simulation"]),
        support(
            "FuzzTargets",
            ["Base", "Model", "Markup", "WireIRC", "WireMail", "WireLink", "EndpointIRC", "Links", "Core", "Store", "Daemon"]),
        helper("Fuzz", ["FuzzTargets"]),

        tests("Corpora", ["Base", "FuzzTargets", "Support"]),
        tests("Base", ["Base", "Support"]),
        tests("Model", ["Base", "Model", "Support"]),
        tests("Markup", ["Base", "Model", "Markup", "Support"]),
        tests("WireIRC", ["Base", "WireIRC", "Support"]),
        tests("EndpointIRC", ["Base", "Model", "Markup", "WireIRC", "Core", "Daemon", "EndpointIRC", "Simulation", "Support"]),
        tests("WireLink", ["Base", "IO", "WireLink", "Support"]),
        tests("Links", ["Base", "Model", "Core", "Store", "WireLink", "Links", "Support", "Simulation", "FuzzTargets"]),
        tests("WireMail", ["Base", "WireMail", "IO", "Support"]),
        tests("EndpointEmail", ["Base", "Model", "Markup", "WireMail", "Core", "EndpointEmail", "MailReceiver", "IO", "Support"]),
        tests("Interop", ["Base", "IO", "CUV", "Support", "fairlead"]),
        tests(
            "EndpointIRCListener", ["Base", "Model", "Markup", "WireIRC", "Core", "Store", "EndpointIRCListener", "Support", "Simulation"]),
        tests("IO", ["Base", "IO", "Support"]),
        tests("Store", ["Base", "Model", "Core", "IO", "Store", "Support", "Simulation", "FaultyVFS", "JournalVictim"]),
        tests("Daemon", ["Base", "Model", "Core", "Daemon", "EndpointIRC", "EndpointEmail", "IO", "Support", "fairlead"]),
        tests("Core", ["Base", "Model", "Core", "Store", "Support", "Simulation"]),
    ],
    cxxLanguageStandard: .cxx17
)
