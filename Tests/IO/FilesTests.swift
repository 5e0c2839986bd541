import IO
import Support
import Testing

@Suite struct FilesTests {
    /// What a killed process left of an unfinished file is in nobody's way, and nothing of it is taken for the file.
    @Test func aFileIsThereWholeOrNotAtAll() throws {
        let folder = TemporaryFolder()
        let path = "\(folder.path)/key"
        try Files.create("\(path).unfinished", [1])
        #expect(!Files.exists(path))
        try Files.create(path, [2, 3])
        #expect(try Files.read(path, atMost: 10) == [2, 3])
        // One that is there stays as it is.
        #expect(throws: FileError.self) { try Files.create(path, [4]) }
        #expect(try Files.read(path, atMost: 10) == [2, 3])
        #expect(try Files.names(in: folder.path) == ["key"])
        #expect(throws: FileError.self) { try Files.create("\(folder.path)/nowhere/key", [4]) }
        try Files.remove(path)
    }
}
