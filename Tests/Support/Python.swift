extension ChildProcess {
    /// A program of Tests/Python, run by the system's Python or another one.
    package static func python(_ name: String, _ arguments: [String], by interpreter: String? = nil, errorsTo errors: String? = nil)
        -> ChildProcess
    {
        let script = "/\(#filePath.split(separator: "/").dropLast(2).joined(separator: "/"))/Python/\(name)"
        if let interpreter { return ChildProcess(interpreter, [script] + arguments, errorsTo: errors) }
        return ChildProcess("/usr/bin/env", ["python3", script] + arguments, errorsTo: errors)
    }
}
