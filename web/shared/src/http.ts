/**
 * The only file that says `fetch`. Speaks `/api/v1`: JSON both ways, problems as typed errors,
 * a CSRF header or a bearer token, an idempotency key on every POST, cursor pages.
 * Never retries by itself: the caller knows whether it still wants the answer.
 */

import { makeId } from "./id";
import type { Page, Problem } from "./resources";

/** The server answered, and refused. `code` is stable, `detail` is for people. */
export class ProblemError extends Error {
  override readonly name = "ProblemError";
  readonly problem: Problem;
  readonly retryAfterSeconds: number | null;

  constructor(problem: Problem, retryAfterSeconds: number | null = null) {
    super(problem.detail || problem.title);
    this.problem = problem;
    this.retryAfterSeconds = retryAfterSeconds;
  }

  get code(): string {
    return this.problem.code;
  }

  get status(): number {
    return this.problem.status;
  }
}

/** No answer: offline, cut, or too late. Whether the server acted is unknown. */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
}

const passing = [408, 409, 425, 429];

/** Refused for good: the same again would be refused again. Anything else is worth another try. */
export function isFinal(failure: unknown): boolean {
  if (!(failure instanceof ProblemError)) return false;
  return failure.status >= 400 && failure.status < 500 && !passing.includes(failure.status);
}

export type QueryValue = string | number | boolean | null | undefined | readonly string[];

export interface RequestOptions {
  query?: Record<string, QueryValue>;
  body?: unknown;
  /** Repeat a POST with the key of its first try, and it happens once. */
  idempotencyKey?: string;
  ifMatch?: string;
  /** The ETag of what is known: an answer without a value means that it still holds. */
  ifNoneMatch?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
  /** Finish even if the page goes away meanwhile. */
  keepalive?: boolean;
}

export interface Credentials {
  bearer?: () => string | null;
  csrf?: () => string | null;
}

export interface Answer<T> {
  value: T;
  etag: string | null;
}

export type Method = "GET" | "POST" | "PUT" | "PATCH" | "DELETE";

export interface Http {
  get<T>(path: string, options?: RequestOptions): Promise<T>;
  page<T>(
    path: string,
    options?: RequestOptions & { after?: string | null; size?: number },
  ): Promise<Page<T>>;
  post<T>(path: string, body?: unknown, options?: RequestOptions): Promise<T>;
  put<T>(path: string, body?: unknown, options?: RequestOptions): Promise<T>;
  patch<T>(path: string, body?: unknown, options?: RequestOptions): Promise<T>;
  delete(path: string, options?: RequestOptions): Promise<void>;
  /** With the ETag, for an edit that must not overwrite somebody else's. */
  exchange<T>(method: Method, path: string, options?: RequestOptions): Promise<Answer<T>>;
}

const defaultTimeoutMs = 20_000;

/** Arrays become comma lists; null, undefined and empty arrays are left out. */
export function toQuery(query: Record<string, QueryValue>): string {
  const pairs = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined) continue;
    const written = Array.isArray(value) ? value.join(",") : String(value);
    if (written !== "") pairs.set(name, written);
  }
  const written = pairs.toString();
  return written && `?${written}`;
}

/** The problem that an answer carries, or one made from its status when it carries none. */
export function readProblem(status: number, text: string): Problem {
  try {
    const problem: unknown = JSON.parse(text);
    if (typeof problem === "object" && problem !== null && "code" in problem) {
      return { type: "about:blank", title: "", detail: "", ...problem, status } as Problem;
    }
  } catch {
    // Not JSON: a proxy in between answered.
  }
  return { type: "about:blank", title: `HTTP ${status}`, status, detail: "", code: "unavailable" };
}

export function unsafeHeaders(method: Method, options: RequestOptions): Record<string, string> {
  const headers: Record<string, string> = { Accept: "application/json" };
  const isForm = typeof FormData !== "undefined" && options.body instanceof FormData;
  if (options.body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  if (method === "POST") headers["Idempotency-Key"] = options.idempotencyKey ?? makeId();
  if (options.ifMatch) headers["If-Match"] = options.ifMatch;
  if (options.ifNoneMatch) headers["If-None-Match"] = options.ifNoneMatch;
  return headers;
}

export function credentialHeaders(
  method: Method,
  credentials: Credentials,
): Record<string, string> {
  const headers: Record<string, string> = {};
  const bearer = credentials.bearer?.();
  if (bearer) headers.Authorization = `Bearer ${bearer}`;
  const csrf = credentials.csrf?.();
  if (csrf && method !== "GET") headers["X-CSRF-Token"] = csrf;
  return headers;
}

/** `base` is `/api/v1`, or `""` for an address of the site itself. */
export function createHttp(base: string, credentials: Credentials = {}): Http {
  async function exchange<T>(
    method: Method,
    path: string,
    options: RequestOptions = {},
  ): Promise<Answer<T>> {
    const timeout = AbortSignal.timeout(options.timeoutMs ?? defaultTimeoutMs);
    const response = await reach(base + path + toQuery(options.query ?? {}), {
      method,
      credentials: credentials.bearer ? "omit" : "same-origin",
      headers: { ...unsafeHeaders(method, options), ...credentialHeaders(method, credentials) },
      keepalive: options.keepalive ?? false,
      signal: options.signal ? AbortSignal.any([options.signal, timeout]) : timeout,
      ...(options.body === undefined ? {} : { body: toBody(options.body) }),
    });
    if (response.status === 304)
      return { value: undefined as T, etag: options.ifNoneMatch ?? null };
    if (!response.ok) {
      const wait = Number(response.headers.get("Retry-After") ?? Number.NaN);
      throw new ProblemError(
        readProblem(response.status, await response.text()),
        Number.isFinite(wait) ? wait : null,
      );
    }
    const value = response.status === 204 ? undefined : await response.json();
    return { value: value as T, etag: response.headers.get("ETag") };
  }
  const value = async <T>(method: Method, path: string, options?: RequestOptions): Promise<T> =>
    (await exchange<T>(method, path, options)).value;
  return {
    exchange,
    get: (path, options) => value("GET", path, options),
    page: (path, { after, size, query, ...options } = {}) =>
      value("GET", path, {
        ...options,
        query: { ...query, "page[size]": size, "page[after]": after },
      }),
    post: (path, body, options) => value("POST", path, { ...options, body }),
    put: (path, body, options) => value("PUT", path, { ...options, body }),
    patch: (path, body, options) => value("PATCH", path, { ...options, body }),
    delete: (path, options) => value("DELETE", path, options),
  };
}

/** The text of a page of the site itself; a failure when it is not there. */
export async function fetchPage(path: string): Promise<string> {
  const response = await reach(path, { signal: AbortSignal.timeout(defaultTimeoutMs) });
  const text = await response.text();
  if (!response.ok) throw new ProblemError(readProblem(response.status, text));
  return text;
}

function toBody(body: unknown): BodyInit {
  return typeof FormData !== "undefined" && body instanceof FormData ? body : JSON.stringify(body);
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(address, init);
  } catch (cause) {
    if (init.signal?.aborted && init.signal.reason?.name === "AbortError") throw cause;
    throw new NetworkError("The server did not answer.", { cause });
  }
}
