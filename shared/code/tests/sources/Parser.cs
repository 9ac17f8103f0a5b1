using System;
using System.Collections.Generic;
using static System.Math;
using Third = Example.Util.Other;

namespace Example.Parse;

/// <summary>Parses text.</summary>
[Serializable]
public abstract class Parser<T> : Base<T>, IRunnable where T : Node
{
    private const int MaxSize = 10;
    protected readonly List<T> items = new();
    /// <summary>The name.</summary>
    public string Name { get; set; } = "x";

    public Parser(string text, Options options) : base(text) { Name = options.Name; }

    [HttpGet("/users/{id}")]
    public override async Task<List<T>> Run(T node, int n)
    {
        var home = Environment.GetEnvironmentVariable("HOME");
        foreach (Item item in items)
        {
            if (item != null && n > MaxSize) Helper.Go(item)?.Next<T>(n);
        }
        return await items.Select(x => x.Value).ToListAsync();
    }

    public int Size => items.Count;
    enum Level { Low, High = 2 }
    interface IVisitor { void Visit(Node node); }
    record Point(int X, int Y);

    [Fact]
    public void Works() { Assert.Equal(1, new Parser<Node>("x", null).Size); }

    static void Main(string[] args) { Run(name: args[0]); }
}
