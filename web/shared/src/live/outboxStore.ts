/**
 * Keeps unsent messages over a reload, in IndexedDB, one owner (an agent, a visitor) apart from
 * the other. Where the browser forbids storage the session goes on without: a message then
 * survives a lost connection, not a reload.
 */

import type { Id } from "../resources";
import type { Outgoing } from "./outbox";

export interface OutboxStore {
  load(): Promise<Outgoing[]>;
  put(message: Outgoing): Promise<void>;
  delete(id: Id): Promise<void>;
  /** The owner signs out: nothing of theirs stays on this machine. */
  clear(): Promise<void>;
}

const table = "outbox";

export function openOutboxStore(factory: IDBFactory | undefined, owner: string): OutboxStore {
  const name = `parley-outbox-${owner}`;
  let opened: Promise<IDBDatabase> | null = null;
  const database = () => {
    opened ??= open(factory, name).catch((error) => {
      opened = null;
      throw error;
    });
    return opened;
  };
  const run = async <T>(mode: IDBTransactionMode, ask: (rows: IDBObjectStore) => IDBRequest<T>) =>
    settle(ask((await database()).transaction(table, mode).objectStore(table)));
  return {
    load: () => run("readonly", (rows) => rows.getAll() as IDBRequest<Outgoing[]>),
    put: async (message) => void (await run("readwrite", (rows) => rows.put(message))),
    delete: async (id) => run("readwrite", (rows) => rows.delete(id)),
    clear: async () => {
      if (!factory) return;
      const database = await opened?.catch(() => null);
      database?.close();
      opened = null;
      await settle(factory.deleteDatabase(name));
    },
  };
}

/** For a browser that forbids IndexedDB, and for tests. */
export function memoryOutboxStore(): OutboxStore {
  const rows = new Map<Id, Outgoing>();
  return {
    load: async () => [...rows.values()],
    put: async (message) => void rows.set(message.id, message),
    delete: async (id) => void rows.delete(id),
    clear: async () => rows.clear(),
  };
}

async function open(factory: IDBFactory | undefined, name: string): Promise<IDBDatabase> {
  if (!factory) throw new Error("IndexedDB is not available.");
  const request = factory.open(name, 1);
  request.onupgradeneeded = () => request.result.createObjectStore(table, { keyPath: "id" });
  const database = await settle(request);
  // Another tab wants to delete or upgrade it: give way.
  database.onversionchange = () => database.close();
  return database;
}

function settle<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
