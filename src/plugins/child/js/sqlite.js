// bun:sqlite: the database is ttop's; statements travel with their parameters.
(kit) => {
  'use strict';
  const { call } = kit;
  const { binary } = kit.part('text');
  const { bytes } = kit.host;

  const sent = (value) => {
    if (value === null || value === undefined) return { null: true };
    if (typeof value === 'string') return { text: value };
    if (typeof value === 'boolean') return { integer: value ? '1' : '0' };
    if (typeof value === 'bigint') return { integer: String(value) };
    if (typeof value === 'number') return Number.isSafeInteger(value) ? { integer: String(value) } : { real: value };
    if (value instanceof Uint8Array) return { blob: binary(value) };
    throw new TypeError('a parameter must be text, a number, a bigint, bytes or null');
  };
  const got = (value) => {
    if (typeof value !== 'object' || value === null) return value;
    return value.blob === undefined ? Number(value.integer) : bytes(value.blob);
  };
  const parameters = (args) => {
    const [first] = args;
    if (args.length === 1 && typeof first === 'object' && first !== null && !(first instanceof Uint8Array)) {
      if (Array.isArray(first)) return { list: first.map(sent), named: [] };
      return { list: [], named: Object.entries(first).map(([name, value]) => [name, sent(value)]) };
    }
    return { list: args.map(sent), named: [] };
  };

  class Statement {
    #database;
    #sql;
    constructor(database, sql) { this.#database = database; this.#sql = sql; }
    #run(args, most) { return call({ op: 'query', database: this.#database(), sql: this.#sql, parameters: parameters(args), most }).value; }
    #objects({ columns, rows }) {
      return rows.map((row) => { const out = {}; columns.forEach((name, at) => { out[name] = got(row[at]); }); return out; });
    }
    get columnNames() { return this.#run([], 0).columns; }
    all(...args) { return this.#objects(this.#run(args, null)); }
    get(...args) { return this.#objects(this.#run(args, 1))[0] ?? null; }
    values(...args) { return this.#run(args, null).rows.map((row) => row.map(got)); }
    *iterate(...args) { yield* this.all(...args); }
    run(...args) { const { changes, lastInsertRowid } = this.#run(args, null); return { changes, lastInsertRowid }; }
    finalize() {}
    toString() { return this.#sql; }
  }
  class Database {
    #id;
    constructor(file = ':memory:', options = {}) {
      const path = file instanceof kit.part('web').globals.URL ? kit.part('web').fileURLToPath(file) : String(file);
      this.filename = path;
      this.#id = call({ op: 'openDatabase', path, writes: options.readwrite === true || options.create === true }).value;
    }
    #open() {
      if (this.#id === null) throw new Error('the database is closed');
      return this.#id;
    }
    query(sql) { return this.prepare(sql); }
    prepare(sql) { call({ op: 'prepare', database: this.#open(), sql: String(sql) }); return new Statement(() => this.#open(), String(sql)); }
    run(sql, ...args) { return this.prepare(sql).run(...args); }
    exec(sql) { call({ op: 'execute', database: this.#open(), sql: String(sql) }); }
    transaction(work) {
      return (...args) => {
        this.exec('BEGIN');
        try { const value = work(...args); this.exec('COMMIT'); return value; } catch (error) { this.exec('ROLLBACK'); throw error; }
      };
    }
    loadExtension() { throw new Error('extensions are not available to plugins'); }
    close() {
      if (this.#id !== null) call({ op: 'closeDatabase', database: this.#id });
      this.#id = null;
    }
    static open(file, options) { return new Database(file, options); }
  }
  return { Database, Statement, constants: Object.freeze({ SQLITE_OPEN_READONLY: 1 }) };
}
