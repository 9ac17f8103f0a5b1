(** Parses text. *)

open Printf
module Names = Map.Make (String)

(** A parser. *)
type parser = { text : string; size : int }

type level = Low | High of int

exception Broken of string

(** Makes one. *)
let make ?(size = 1) text =
  let home = Sys.getenv "HOME" in
  match Node.parse text with
  | Some node when size > 1 -> Util.helper node home
  | _ -> if size = 0 then raise (Broken text) else { text; size }

let limit = 10

module Inner = struct
  let rec loop n = if n > limit then n else loop (n + 1)
end

let () = printf "%d" (Inner.loop 1)
