/** The console's way to `/api/v1`: the session's CSRF token on every unsafe request, and a 401
 * anywhere asks for sign-in without leaving the screen. */
import { createHttp, type Http, ProblemError } from "@parley/shared/http";
import { csrfOf, expired } from "./session/model";
import { sessionStore } from "./session/store";

export const credentials = { csrf: () => csrfOf(sessionStore.get().session) };

/** For sign-in itself, where 401 means a wrong password. */
export const plainHttp = createHttp("/api/v1", credentials);

/** Passes the failure on, after noting that the session is over when that is the reason. */
export function noticed(failure: unknown): never {
  if (failure instanceof ProblemError && failure.status === 401)
    sessionStore.set(({ session }) => ({ session: expired(session) }));
  throw failure;
}

export const http: Http = {
  exchange: (method, path, options) =>
    plainHttp.exchange<never>(method, path, options).catch(noticed),
  get: (path, options) => plainHttp.get<never>(path, options).catch(noticed),
  page: (path, options) => plainHttp.page<never>(path, options).catch(noticed),
  post: (path, body, options) => plainHttp.post<never>(path, body, options).catch(noticed),
  put: (path, body, options) => plainHttp.put<never>(path, body, options).catch(noticed),
  patch: (path, body, options) => plainHttp.patch<never>(path, body, options).catch(noticed),
  delete: (path, options) => plainHttp.delete(path, options).catch(noticed),
};

const MAX_PAGES = 20;

/** All items of a short list (people, teams, tags): at most twenty pages of a hundred. */
export async function listAll<T>(path: string, query: Record<string, string> = {}): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  for (let page = 0; page < MAX_PAGES; page++) {
    const answer: Awaited<ReturnType<typeof http.page<T>>> = await http.page<T>(path, {
      query,
      after,
      size: 100,
    });
    items.push(...answer.data);
    after = answer.meta.after_cursor;
    if (!answer.meta.has_more || !after) break;
  }
  return items;
}
