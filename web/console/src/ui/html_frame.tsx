/** The only file that lets HTML in. What others wrote (mail, articles) was sanitised by the server;
 * it is purified again and shown in a frame that runs no script, sends no form, has a policy of
 * its own, and fetches nothing from elsewhere. The frame shares our origin for one reason: so that
 * this page can measure its height. Nothing in it can use that without script. */
import DOMPurify from "dompurify";
import { type RefObject, useCallback, useEffect, useMemo, useRef } from "react";
import sheet from "./html_frame.css?url&no-inline";

const POLICY =
  "default-src 'none'; img-src 'self' data:; style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; base-uri 'none'; form-action 'none'";
const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox";
const MAX_HEIGHT = 20_000;

interface Props {
  html: string;
  title: string;
  /** The words on the folds over quoted parts and over signatures. */
  foldLabels?: FoldLabels;
  theme: "light" | "dark" | "system";
  /** Where the pictures are that the HTML names by `data-attachment-id`. */
  pictures?: ReadonlyMap<string, string>;
  /** Where the desk gives the pictures that the HTML names by `data-remote-src`. */
  remote?: ReadonlyMap<string, string> | undefined;
  /** Which folds are open when the frame is made, by their place. */
  openFolds?: () => ReadonlySet<number>;
  onFold?: (at: number, isOpen: boolean) => void;
}

export interface FoldLabels {
  quote: string;
  signature: string;
}

type Shown = Required<Pick<Props, "html" | "foldLabels" | "openFolds" | "pictures">> &
  Pick<Props, "remote">;

/** What a style may keep: the layout. Colours and fonts are ours, or dark text would stand on a
 * dark ground. */
const KEPT_STYLES =
  /^(text-align|font-weight|font-style|text-decoration|white-space|vertical-align|width|max-width|padding|margin|border|line-height)/;

const NO_PICTURES: ReadonlyMap<string, string> = new Map();
const NO_LABELS: FoldLabels = { quote: "", signature: "" };
const NO_FOLDS: ReadonlySet<number> = new Set();
const noFolds = () => NO_FOLDS;

function purified({ html, foldLabels, openFolds, pictures, remote }: Shown): string {
  const clean = DOMPurify.sanitize(html, {
    FORBID_TAGS: [
      "style",
      "form",
      "input",
      "button",
      "textarea",
      "select",
      "iframe",
      "svg",
      "math",
    ],
    FORBID_ATTR: ["id", "srcset", "background", "bgcolor", "color", "face", "size"],
  });
  // A document of the parser's own fetches nothing while it is mended.
  const root = new DOMParser().parseFromString(clean, "text/html").body;
  for (const link of root.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  for (const classed of root.querySelectorAll("[class]:not(details)"))
    classed.removeAttribute("class");
  for (const image of root.querySelectorAll("img")) placePicture(image, pictures, remote);
  for (const styled of root.querySelectorAll<HTMLElement>("[style]")) keepLayout(styled);
  nameFolds(root, foldLabels, openFolds());
  return root.innerHTML;
}

/** The server says by their class what folds hold. */
function nameFolds(root: HTMLElement, labels: FoldLabels, open: ReadonlySet<number>): void {
  root.querySelectorAll("details").forEach((fold, at) => {
    fold.open = open.has(at);
    const label = fold.classList.contains("signature") ? labels.signature : labels.quote;
    fold.querySelector(":scope > summary")?.replaceChildren(label);
  });
}

/** Only our own pictures, and those that the desk fetches in our place: what a sender hides in one
 * from elsewhere (that and when it was read) stays theirs. */
function placePicture(
  image: HTMLImageElement,
  pictures: ReadonlyMap<string, string>,
  remote: Props["remote"],
): void {
  const { attachmentId, remoteSrc } = image.dataset;
  const held = pictures.get(attachmentId ?? "") ?? remote?.get(remoteSrc ?? "");
  if (held) image.setAttribute("src", held);
  else if (remoteSrc !== undefined) image.replaceWith(...placeHolder(image));
  else if (!image.getAttribute("src")?.startsWith("data:image/"))
    image.replaceWith(image.alt ? `[${image.alt}]` : "");
}

/** Smaller than this nobody looks at it: it counts who has read. */
const MIN_SEEN_PX = 4;

function placeHolder(image: HTMLImageElement): HTMLElement[] {
  const sizes = [image.getAttribute("width"), image.getAttribute("height")];
  if (sizes.some((size) => size !== null && Number.parseInt(size, 10) < MIN_SEEN_PX)) return [];
  const held = image.ownerDocument.createElement("span");
  held.className = "held-image";
  held.textContent = image.alt;
  return [held];
}

function keepLayout(styled: HTMLElement): void {
  const kept = (styled.getAttribute("style") ?? "")
    .split(";")
    .filter((declaration) => KEPT_STYLES.test(declaration.trim()));
  if (kept.length) styled.setAttribute("style", kept.join(";"));
  else styled.removeAttribute("style");
}

export function HtmlFrame(props: Props) {
  const { html, title, theme, remote, onFold } = props;
  const { pictures = NO_PICTURES, foldLabels = NO_LABELS, openFolds = noFolds } = props;
  const frame = useRef<HTMLIFrameElement>(null);
  const source = useMemo(() => {
    const body = purified({ html, foldLabels, openFolds, pictures, remote });
    const href = new URL(sheet, location.href).href;
    return `<!doctype html><html data-theme="${theme}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="referrer" content="no-referrer"><link rel="stylesheet" href="${href}"></head><body>${body}</body></html>`;
  }, [html, foldLabels, theme, pictures, remote, openFolds]);
  useFit(frame);
  useFolds(frame, onFold);
  useKeys(frame);
  return (
    <iframe ref={frame} className="html-frame" title={title} sandbox={SANDBOX} srcDoc={source} />
  );
}

type FrameRef = RefObject<HTMLIFrameElement | null>;

/** Calls `start` for each document that the frame shows, and its undo before the next. */
function useDocument(frame: FrameRef, start: (page: Document) => () => void): void {
  useEffect(() => {
    const node = frame.current;
    if (!node) return;
    let stop = () => {};
    const restart = () => {
      stop();
      stop = node.contentDocument?.body ? start(node.contentDocument) : () => {};
    };
    node.addEventListener("load", restart);
    restart();
    return () => {
      node.removeEventListener("load", restart);
      stop();
    };
  }, [frame, start]);
}

/** Keeps the frame as high as what is in it. */
function useFit(frame: FrameRef): void {
  const start = useCallback(
    ({ body }: Document) => {
      const fit = () => {
        if (frame.current)
          frame.current.style.height = `${Math.min(body.scrollHeight, MAX_HEIGHT)}px`;
      };
      const observer = new ResizeObserver(fit);
      observer.observe(body);
      fit();
      return () => observer.disconnect();
    },
    [frame],
  );
  useDocument(frame, start);
}

/** What the frame itself needs of the keyboard. */
const OWN_KEYS = new Set(["Enter", " ", "Tab", "Control", "Meta", "Alt", "Shift"]);

/** The page's keys stay its own while something in the frame has the focus. */
function useKeys(frame: FrameRef): void {
  const start = useCallback(
    (page: Document) => {
      const pass = ({ key, ctrlKey, metaKey, altKey, shiftKey }: KeyboardEvent) => {
        if (OWN_KEYS.has(key)) return;
        const init = { key, ctrlKey, metaKey, altKey, shiftKey, bubbles: true };
        frame.current?.dispatchEvent(new KeyboardEvent("keydown", init));
      };
      page.addEventListener("keydown", pass);
      return () => page.removeEventListener("keydown", pass);
    },
    [frame],
  );
  useDocument(frame, start);
}

/** Tells which folds the reader opens and shuts. */
function useFolds(frame: FrameRef, onFold: Props["onFold"]): void {
  const start = useCallback(
    (page: Document) => {
      const tell = ({ target }: Event) => {
        const fold = target as HTMLDetailsElement;
        const at = [...page.querySelectorAll("details")].indexOf(fold);
        if (at >= 0) onFold?.(at, fold.open);
      };
      // A toggle does not bubble.
      page.addEventListener("toggle", tell, true);
      return () => page.removeEventListener("toggle", tell, true);
    },
    [onFold],
  );
  useDocument(frame, start);
}
