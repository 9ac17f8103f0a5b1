(** A parser. *)
type parser

(** Makes one. *)
val make : ?size:int -> string -> parser
