/** The bubble and the frame in the customer's page, in a shadow root: neither styles the other. */

import type { ToPage } from "../bridge/messages";

export interface Panel {
  frame: HTMLIFrameElement;
  show(on: boolean): void;
  /** True the first time: now there is something to see. */
  draw(state: ToPage & { type: "state" }): boolean;
  hide(): void;
  remove(): void;
}

interface Placing {
  left: boolean;
  bubble: boolean;
  toggle(): void;
}

// Constructed sheets and CSSOM pass a page's style-src; style elements and attributes do not.
const css = (side: string) => `
:host{all:initial;position:fixed;z-index:2147483000;bottom:0;${side}:0}
:host([hidden]){display:none}
button{all:unset;position:fixed;bottom:20px;${side}:20px;width:56px;height:56px;border-radius:50%;cursor:pointer;background:var(--accent);color:var(--ink);display:grid;place-items:center;box-shadow:0 6px 20px rgb(0 0 0/22%),0 1px 4px rgb(0 0 0/18%),0 0 0 1px rgb(160 160 160/20%);transition:transform .18s cubic-bezier(.2,0,0,1),opacity .18s}
button:hover{transform:scale(1.06)}button:active{transform:scale(.96)}
button:focus-visible{outline:3px solid var(--accent);outline-offset:3px;box-shadow:0 0 0 3px #fff}
svg{grid-area:1/1;width:26px;height:26px;fill:none;stroke:currentColor;stroke-width:1.9;stroke-linecap:round;stroke-linejoin:round;transition:transform .2s,opacity .2s}
svg+svg,.on svg{opacity:0;transform:rotate(-45deg) scale(.6)}.on svg+svg{opacity:1;transform:none}
b{position:absolute;top:-3px;right:-3px;min-width:20px;height:20px;box-sizing:border-box;padding:0 5px;border-radius:10px;background:#d61f36;color:#fff;font:600 12px/20px system-ui,sans-serif;text-align:center;box-shadow:0 0 0 2px #fff}
b:empty{display:none}
iframe{position:fixed;bottom:92px;${side}:20px;width:400px;max-width:calc(100vw - 40px);height:min(680px,calc(100vh - 112px));border:0;border-radius:18px;background:Canvas;box-shadow:0 18px 50px rgb(0 0 0/24%),0 0 0 1px rgb(128 128 128/16%);transform-origin:bottom ${side};transition:opacity .2s,transform .24s cubic-bezier(.2,0,0,1),visibility .24s;visibility:hidden;opacity:0;transform:translateY(14px) scale(.97)}
iframe.on{visibility:visible;opacity:1;transform:none}
@media (max-width:480px){iframe{inset:0;width:100%;max-width:none;height:100%;height:100dvh;border-radius:0}button.on{opacity:0;pointer-events:none;visibility:hidden}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
@media print{:host{display:none}}`;

const paths = [
  "M21 11.5a8.4 8.4 0 0 1-12.2 7.5L3.5 20.5 5 15.6A8.4 8.4 0 1 1 21 11.5z",
  "M6 9.5l6 6 6-6",
];

function icon(path: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const line = document.createElementNS(svg.namespaceURI, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  line.setAttribute("d", path);
  svg.append(line);
  return svg as SVGElement;
}

export function createPanel(address: string, { left, bubble, toggle }: Placing): Panel {
  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  const sheet = new CSSStyleSheet();
  const frame = document.createElement("iframe");
  const button = document.createElement("button");
  const badge = document.createElement("b");
  sheet.replaceSync(css(left ? "left" : "right"));
  root.adoptedStyleSheets = [sheet];
  host.id = "parley-widget";
  host.hidden = true;
  frame.src = address;
  button.type = "button";
  button.hidden = !bubble;
  button.onclick = toggle;
  button.append(...paths.map(icon), badge);
  root.append(frame, ...(bubble ? [button] : []));
  let drawn = false;
  const attach = () => document.body.append(host);
  if (document.body) attach();
  else addEventListener("DOMContentLoaded", attach);
  return {
    frame,
    show: (on) => {
      frame.classList.toggle("on", on);
      button.classList.toggle("on", on);
      button.setAttribute("aria-expanded", String(on));
      (on ? frame : button).focus();
    },
    draw: ({ look, unread, title, label }) => {
      host.style.setProperty("--accent", look.accent);
      host.style.setProperty("--ink", look.ink);
      frame.title = title;
      button.setAttribute("aria-label", label);
      badge.textContent = unread ? (unread > 9 ? "9+" : String(unread)) : "";
      const first = !drawn;
      drawn = true;
      host.hidden = false;
      return first;
    },
    hide: () => {
      host.hidden = true;
    },
    remove: () => host.remove(),
  };
}
