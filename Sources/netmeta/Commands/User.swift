import ArgumentParser
import Foundation
import WebAPI

/// `netmeta user`: lines for the section `auth` of the configuration.
struct UserCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "user",
        abstract: "Make users and tokens for the section auth of the configuration.",
        discussion: "Changes nothing: it prints lines to put into the file. Docs/auth.md has recipes.",
        subcommands: [Hash.self, NewToken.self]
    )

    /// `netmeta user hash NAME`: a line for auth.users.
    struct Hash: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ask for a password and print a line for auth.users.",
            discussion: """
                On a terminal it asks twice and shows nothing; otherwise it reads a line of standard input. The line \
                holds a hash (yescrypt), from which nobody gets the password back.
                """
        )

        @Argument(help: "The user's name: letters, digits and . _ - @ +")
        var name: String

        @Option(help: "viewer reads, editor also saves and imports, admin may all.")
        var role = Role.viewer

        func run() throws {
            try checkName(name)
            let password = try PasswordPrompt.read()
            guard password.count >= 8 else {
                throw Failure("a password has at least 8 letters; a few words in a row are easy to remember")
            }
            guard password.utf8.count <= PasswordHash.mostBytes else {
                throw Failure("a password has at most \(PasswordHash.mostBytes) bytes")
            }
            guard let hash = PasswordHash(of: password) else {
                throw Failure("a password has no zero bytes; if there is none, 64 MiB of memory are missing")
            }
            print("\(yamlText(name)): {role: \(role.rawValue), password: \"\(hash.text)\"}")
        }
    }

    /// `netmeta user token NAME`: a token, and a line for auth.tokens.
    struct NewToken: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "token",
            abstract: "Make a token and print it, and a line for auth.tokens.",
            discussion: """
                The first line is the token, for the program that sends it as Authorization: Bearer TOKEN; the second \
                is for the configuration and holds only a hash of it. The token is shown nowhere else.
                """
        )

        @Argument(help: "What to call it: letters, digits and . _ - @ +")
        var name: String

        @Option(help: "viewer reads, editor also saves and imports, admin may all.")
        var role = Role.viewer

        func run() throws {
            try checkName(name)
            let token = BearerToken.make()
            print(token)
            print("\(yamlText(name)): {role: \(role.rawValue), hash: \"\(BearerToken.digest(token))\"}")
        }
    }
}

private func checkName(_ name: String) throws {
    guard Caller.isName(name) else {
        throw UsageError("'\(name)' is no name: 1 to 64 letters, digits and . _ - @ +")
    }
}

/// Reads a password without showing it.
private enum PasswordPrompt {
    static func read() throws -> String {
        guard isatty(STDIN_FILENO) == 1 else {
            guard let line = readLine(strippingNewline: true) else {
                throw Failure("no password on standard input; it is read as one line")
            }
            return line
        }
        let first = try ask("Password: ")
        guard try ask("Again: ") == first else { throw Failure("the two passwords differ") }
        return first
    }

    private static func ask(_ text: String) throws -> String {
        var before = termios()
        tcgetattr(STDIN_FILENO, &before)
        var silent = before
        silent.c_lflag &= ~tcflag_t(ECHO)
        tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        // Asked only now: what is typed before is thrown away.
        FileHandle.standardError.write(Data(text.utf8))
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &before)
            FileHandle.standardError.write(Data("\n".utf8))
        }
        guard let line = readLine(strippingNewline: true) else { throw Failure("no password was typed") }
        return line
    }
}
