/** Moves between the console's addresses and keeps the store and the browser's history in step. */
import { createStore } from "../store";
import { formatRoute, parseRoute, type Route } from "./model";

const here = () => parseRoute(location.pathname + location.search);

export const routeStore = createStore<{ route: Route }>({ route: here() });

/** Follows back and forward; gives the undo. */
export function followHistory(): () => void {
  const follow = () => routeStore.set({ route: here() });
  addEventListener("popstate", follow);
  return () => removeEventListener("popstate", follow);
}

/** Goes there. `replace` leaves no step to come back to: for filters that change by each key. */
export function navigate(route: Route, replace = false): void {
  const address = formatRoute(route);
  if (address === location.pathname + location.search) return;
  if (replace) history.replaceState(null, "", address);
  else history.pushState(null, "", address);
  routeStore.set({ route });
}
