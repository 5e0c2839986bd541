import IO

/// The names in a folder, ascending; none if there is no such folder.
package func fileNames(in folder: String) -> [String] { (try? Files.names(in: folder)) ?? [] }
