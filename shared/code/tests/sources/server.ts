import express, { type Request } from 'express';
import fs = require("fs");
import type { Config } from "./config.js";

export abstract class Server<T> implements Runs {
  constructor(protected readonly config: Config) {}
  abstract run(): void;
  protected get size(): number { return this.config.size ?? 0; }
}

declare module "x" {
  export function helper(a: string): void;
}

export const enum Flag { A = 1, B }
export type Handler = (request: Request) => Promise<void>;
const app = express();
const port = process.env.PORT;
app.get('/users/:id', async (request, response) => { response.send(await load<Config>(request.params.id)); });
export { app as default, port };
