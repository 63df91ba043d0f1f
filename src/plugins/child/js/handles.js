// File handles: what is open is ttop's, and read in parts.
(kit) => {
  'use strict';
  const { call } = kit;
  const { Stats, encodingOf } = kit.part('fs');
  const buffers = () => kit.part('buffer');
  const texts = () => kit.part('text');
  const MOST_READ = 4 << 20;

  const handleRead = (handle, length, position) => call({ op: 'handleRead', handle, length: Math.min(length, MOST_READ), position }).body;
  class FileHandle {
    #handle;
    #at = 0;
    constructor(handle) { this.#handle = handle; }
    get fd() { return this.#handle; }
    #open() {
      if (this.#handle === null) throw Object.assign(new Error('EBADF: the file is closed'), { code: 'EBADF' });
      return this.#handle;
    }
    async stat() { return new Stats(call({ op: 'handleStat', handle: this.#open() }).value); }
    async read(buffer, offset, length, position) {
      let into = buffer;
      if (!ArrayBuffer.isView(into)) {
        const options = into ?? {};
        into = options.buffer ?? buffers().Buffer.alloc(16384);
        [offset, length, position] = [options.offset, options.length, options.position];
      } else if (typeof offset === 'object' && offset !== null) [offset, length, position] = [offset.offset, offset.length, offset.position];
      const bytes = texts().bytesOf(into);
      const start = offset ?? 0;
      const wanted = Math.min(length ?? bytes.length - start, bytes.length - start);
      const isAt = typeof position === 'number' || typeof position === 'bigint';
      let from = isAt ? Number(position) : this.#at;
      let done = 0;
      while (done < wanted) {
        const part = handleRead(this.#open(), wanted - done, from);
        if (part.length === 0) break;
        bytes.set(part, start + done);
        done += part.length;
        from += part.length;
      }
      if (!isAt) this.#at = from;
      return { bytesRead: done, buffer: into };
    }
    async readFile(options) {
      const { size } = call({ op: 'handleStat', handle: this.#open() }).value;
      const out = buffers().Buffer.alloc(Math.max(0, size - this.#at));
      const { bytesRead } = await this.read(out, 0, out.length, null);
      const encoding = encodingOf(options);
      return encoding ? out.subarray(0, bytesRead).toString(encoding) : out.subarray(0, bytesRead);
    }
    async close() {
      if (this.#handle === null) return;
      call({ op: 'handleClose', handle: this.#handle });
      this.#handle = null;
    }
    async [Symbol.asyncDispose ?? Symbol.for('asyncDispose')]() { await this.close(); }
  }
  return { FileHandle, handleRead };
}
