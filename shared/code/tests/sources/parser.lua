-- Parses text.
local util = require("lib.util")
local json = require "json"

local Parser = {}
Parser.__index = Parser

--- Makes one.
function Parser.new(text, size)
  local self = setmetatable({ text = text }, Parser)
  local home = os.getenv("HOME")
  for _, item in ipairs(self.items) do
    if item.ok and size > 1 then util.helper(item):go(size) end
  end
  return self
end

function Parser:run(n)
  return json.encode(self.text)
end

local function hidden() return Parser.new("x") end
local handler = function(x) return hidden(x) end

return Parser
