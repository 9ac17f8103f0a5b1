defmodule Example.Parser do
  @moduledoc """
  Parses text.
  """

  use GenServer
  import Example.Util
  alias Example.{Node, Leaf}
  alias Example.Other, as: Third

  @doc "Makes one."
  def new(text, size \\ 1) do
    home = System.get_env("HOME")

    case Node.parse(text) do
      {:ok, node} when size > 1 -> helper(node, home)
      _ -> Third.go(text)
    end
  end

  # Hidden.
  defp hidden(x) when is_list(x), do: Enum.map(x, &new/1)

  defmacro twice(x) do
    quote do: unquote(x)
  end
end
