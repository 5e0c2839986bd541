import IO

/// The names in a folder, ascending; none if it can't be read.
package func fileNames(in folder: String) -> [String] { (try? Files.names(in: folder)) ?? [] }
