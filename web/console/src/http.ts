/** The console's way to `/api/v1`: the session's CSRF token on every unsafe request, and a 401
 * anywhere asks for sign-in without leaving the screen. */
import { createHttp, type Http, ProblemError } from "@parley/shared/http";
import type { AgentSession } from "@parley/shared/resources";
import { agentOf, csrfOf, expired, signedIn } from "./session/model";
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

/** Signing in again in another tab gives this one another token: true when a new one was fetched.
 * Another person there means that this screen is no longer theirs. */
async function hasNewToken(): Promise<boolean> {
  const { session } = sessionStore.get();
  const answer = await plainHttp.get<AgentSession>("/session");
  if (agentOf(session)?.id !== answer.agent.id) location.reload();
  if (csrfOf(session) === answer.csrf_token) return false;
  sessionStore.set({ session: signedIn(answer) });
  return true;
}

async function attempt<T>(request: () => Promise<T>): Promise<T> {
  try {
    return await request();
  } catch (failure) {
    const isForbidden = failure instanceof ProblemError && failure.status === 403;
    if (isForbidden && (await hasNewToken().catch(noticed))) return request().catch(noticed);
    return noticed(failure);
  }
}

export const http: Http = {
  exchange: (method, path, options) =>
    attempt(() => plainHttp.exchange<never>(method, path, options)),
  get: (path, options) => plainHttp.get<never>(path, options).catch(noticed),
  page: (path, options) => plainHttp.page<never>(path, options).catch(noticed),
  post: (path, body, options) => attempt(() => plainHttp.post<never>(path, body, options)),
  put: (path, body, options) => attempt(() => plainHttp.put<never>(path, body, options)),
  patch: (path, body, options) => attempt(() => plainHttp.patch<never>(path, body, options)),
  delete: (path, options) => attempt(() => plainHttp.delete(path, options)),
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
