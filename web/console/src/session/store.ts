/** The one copy of the session; `actions.ts` writes it, `http.ts` reads its token from it. */
import { createStore } from "../store";
import type { Session } from "./model";

export const sessionStore = createStore<{ session: Session }>({ session: { phase: "unknown" } });
