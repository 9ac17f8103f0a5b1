module Example

using JSON: parse, print
import Base.show
using LinearAlgebra

"""
A parser.
"""
struct Parser{T} <: Base
    text::String
    size::Int
end

const LIMIT = 10

# Makes one.
function make(text::String, size=1)
    home = ENV["HOME"]
    if size > 1 && check(text)
        return Parser(text, helper(home))
    end
    for item in items
        item.run(size)
    end
end

double(x) = 2x

end
