/**
 * How many bytes stand in the records of all databases of the page: keys, strings, numbers and byte arrays, each as
 * long as it is, without what the browser adds or leaves behind.
 */

export const bytesInRecords = async (): Promise<number> => {
  let bytes = 0;
  for (const { name } of await indexedDB.databases()) {
    if (name !== undefined) bytes += await bytesInDatabase(name);
  }
  return bytes;
};

async function bytesInDatabase(name: string): Promise<number> {
  const database = await answerOf(indexedDB.open(name));
  try {
    const stores = [...database.objectStoreNames];
    if (stores.length === 0) return 0;
    const transaction = database.transaction(stores);
    const records = await Promise.all<unknown[]>(
      stores.flatMap((store) => [
        answerOf<unknown[]>(transaction.objectStore(store).getAll()),
        answerOf<IDBValidKey[]>(transaction.objectStore(store).getAllKeys()),
      ]),
    );
    return bytesOf(records);
  } finally {
    database.close();
  }
}

function bytesOf(value: unknown): number {
  if (typeof value === "string") return value.length;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return value.byteLength;
  if (value instanceof Blob) return value.size;
  if (value instanceof Map) return bytesOf([...value]);
  if (Array.isArray(value)) return value.reduce((bytes: number, item: unknown) => bytes + bytesOf(item), 0);
  if (typeof value === "object" && value !== null) return bytesOf(Object.entries(value));
  return typeof value === "number" || typeof value === "bigint" ? 8 : 1;
}

const answerOf = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.addEventListener("success", () => resolve(request.result));
    request.addEventListener("error", () => reject(request.error));
  });
