/**
 * What the tests are written with and WebKitGTK 2.50 lacks (Safari too, before 27): the symbols of disposal, under the
 * names by which compiled `await using` looks for them, and streams in `for await`. Rockpool itself needs neither.
 */
for (const name of ["dispose", "asyncDispose"]) {
  if (!(name in Symbol)) Object.assign(Symbol, { [name]: Symbol.for(`Symbol.${name}`) });
}

if (!(Symbol.asyncIterator in ReadableStream.prototype)) {
  Object.assign(ReadableStream.prototype, {
    async *[Symbol.asyncIterator](this: ReadableStream<unknown>): AsyncGenerator<unknown> {
      const reader = this.getReader();
      try {
        for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
      } finally {
        await reader.cancel();
      }
    },
  });
}
