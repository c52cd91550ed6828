/** Links that stay in the console: a plain click navigates, every other click is the browser's. */
import type { ComponentProps, MouseEvent } from "react";
import { useStore } from "../store";
import { navigate, routeStore } from "./actions";
import { formatRoute, type Route } from "./model";

type Props = Omit<ComponentProps<"a">, "href"> & { to: Route };

export function Link({ to, onClick, ...rest }: Props) {
  const follow = (event: MouseEvent<HTMLAnchorElement>) => {
    onClick?.(event);
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey;
    if (event.defaultPrevented || !isPlain || event.altKey) return;
    event.preventDefault();
    navigate(to);
  };
  return <a {...rest} href={formatRoute(to)} onClick={follow} />;
}

export function useRoute(): Route {
  return useStore(routeStore, (state) => state.route);
}
