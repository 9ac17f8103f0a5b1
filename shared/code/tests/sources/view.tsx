/**
 * The file.
 */

import React, { useState as us, type FC } from "react";
import * as path from 'node:path';
import "./side.css";
export * from "./all";
export { a, b as c } from "./ab";
export * as ns from "./ns";
const fs = require("fs");
const lazy = () => import("./lazy");

/** Props of it. */
export interface Props extends Base<Item>, Other { 
  /** the name */
  name: string; run(x: number): void }
export type Id = string | Item;
export enum Level { Low, High = 2 }
/** A view. */
@Component({ selector: "x" })
export class View<T> extends React.Component<Props> implements Runs, ns.Walks {
  private count = 0;
  static readonly handler = (e: Event) => { this.count++; };
  constructor(private readonly store: Store, n?: number) { super(); }
  /** render it */
  @Input() async render({ a, b: [c] }: Args, ...rest: any[]): Promise<void> {
    const local = compute(a, c), other = new Thing<Item>(local);
    for (const x of rest) { if (x && a || c) other.go(x)?.then((r) => this.done(r)); }
    return <Panel title={process.env.TITLE}><div onClick={() => save(local)}/></Panel>;
  }
}
// Adds.
export const add = async (a: number, b = DEFAULT): Promise<number> => a + b;
export default function main() { app.get("/users/:id", show); return add<number>(1, 2); }
const { x, y: z } = load();
let counter = 0, MAX = 5;
exports.old = function (q) { return q; };
describe("it all", () => { it("works", async () => { expect(add(1, 2)).toBe(3); }); });
namespace Inner { export function deep() {} }
