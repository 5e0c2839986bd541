import Base
import IO
import Support
import Testing

@Suite struct FileSystemGaugeTests {
    @Test func aFileSystemSaysItsRoom() throws {
        let folder = TemporaryFolder()
        let room = try #require(FileSystemGauge(of: folder.path).room())
        #expect(room.size > 0 && (0...room.size).contains(room.free))
        // coreutils say the same of its size.
        let df = ChildProcess("/usr/bin/df", ["--block-size=1", "--output=size", folder.path])
        _ = df.line()
        #expect(df.line().flatMap { Int64($0.filter { $0 != " " }) } == room.size)
        #expect(df.wait() == 0)
    }

    @Test func aFolderThatIsNotThereSaysNothing() { #expect(FileSystemGauge(of: "/nonexistent/folder").room() == nil) }
}
