# frozen_string_literal: true

# Parses text.
# Twice.
require "json"
require_relative "lib/node"

module Example
  # A parser.
  class Parser < Base::Thing
    include Comparable
    MAX_SIZE = 10
    attr_reader :text, :size

    # Makes one.
    def initialize(text, size: MAX_SIZE, *rest, &block)
      @text = text
      home = ENV["HOME"] || ENV.fetch("USER", "x")
      rest.each do |item|
        next if item.nil? && size > 1
        Node.new(item).run helper(home)
      end
    end

    def self.make(text) = new(text)

    private

    def hidden?
      text.empty? ? JSON.parse(text) : Example::Other.go
    end
  end
end

describe "a parser" do
  it "runs" do
    expect(Example::Parser.make("x")).to eq 1
  end
end
