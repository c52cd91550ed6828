/** Sign-in, sign-out and finding out at the start who sits here. */
import { ProblemError } from "@parley/shared/http";
import type { AgentSession } from "@parley/shared/resources";
import { plainHttp } from "../http";
import { endLive } from "../live/actions";
import { forgetAll } from "../storage";
import { isSomebodyElse, signedIn } from "./model";
import { sessionStore } from "./store";

export async function resumeSession(): Promise<void> {
  try {
    const answer = await plainHttp.get<AgentSession>("/session");
    sessionStore.set({ session: signedIn(answer) });
  } catch (failure) {
    const isNobody = failure instanceof ProblemError && failure.status === 401;
    sessionStore.set({ session: { phase: isNobody ? "signed_out" : "unreachable" } });
  }
}

/** Throws the problem that the form shows. */
export async function signIn(email: string, password: string): Promise<void> {
  const answer = await plainHttp.post<AgentSession>("/session", { email, password });
  const { session } = sessionStore.get();
  if (isSomebodyElse(session, answer)) location.reload();
  else sessionStore.set({ session: signedIn(answer) });
}

/** Ends the session here, forgets what was begun, and starts the page anew. */
export async function signOut(): Promise<void> {
  await plainHttp.delete("/session").catch((failure: unknown) => {
    if (!(failure instanceof ProblemError && failure.status === 401)) throw failure;
  });
  forgetAll("draft.");
  await endLive();
  location.assign("/");
}
