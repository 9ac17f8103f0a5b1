'use strict';
// Helps with things.

const { a, b: c } = require('./util');
var path = require("path");

/** Adds. */
exports.add = function (x, y) { return x + y + c(a); };

function Thing(name) { this.name = name; }
Thing.prototype.run = function run() { return path.join(this.name, process.env["HOME"]); };

class Store extends Base {
  #items = [];
  static make() { return new Store(); }
  get size() { return this.#items.length; }
}

program.option('-p, --port <n>', 'the port').command('serve <dir>');
module.exports = { Thing, Store };

/**
 * Ends the line.
 */

exports.finish = function finish(line) {
  return line;
};
