//! Parses text.
const std = @import("std");
const util = @import("util.zig");

/// A parser.
pub const Parser = struct {
    text: []const u8,
    size: usize = 1,

    /// Makes one.
    pub fn init(text: []const u8, size: usize) !Parser {
        const home = std.posix.getenv("HOME");
        if (size > 1 and home != null) {
            try util.helper(text);
        }
        return Parser{ .text = text, .size = size };
    }
};

const Level = enum { low, high };
const MAX: usize = 10;

pub fn main() !void {
    const parser = try Parser.init("x", MAX);
    for (parser.text) |c| std.debug.print("{c}", .{c});
}

test "it parses" {
    try std.testing.expect(true);
}
