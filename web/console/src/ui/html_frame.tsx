/** The only file that lets HTML in. What others wrote (mail, articles) was sanitised by the server;
 * it is purified again and shown in a frame that runs no script, sends no form, has a policy of
 * its own, and fetches nothing from elsewhere. The frame shares our origin for one reason: so that
 * this page can measure its height. Nothing in it can use that without script. */
import DOMPurify from "dompurify";
import { useEffect, useMemo, useRef } from "react";
import sheet from "./html_frame.css?url&no-inline";

const POLICY =
  "default-src 'none'; img-src 'self' data:; style-src 'self'; style-src-attr 'unsafe-inline'; font-src 'self'; base-uri 'none'; form-action 'none'";
const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox";
const MAX_HEIGHT = 20_000;

interface Props {
  html: string;
  title: string;
  /** The words on the folds over quoted parts. */
  foldLabel: string;
  theme: "light" | "dark" | "system";
  /** Where the pictures are that the HTML names by `data-attachment-id`. */
  pictures?: ReadonlyMap<string, string>;
}

/** What a style may keep: the layout. Colours and fonts are ours, or dark text would stand on a
 * dark ground. */
const KEPT_STYLES =
  /^(text-align|font-weight|font-style|text-decoration|white-space|vertical-align|width|max-width|padding|margin|border|line-height)/;

const NO_PICTURES: ReadonlyMap<string, string> = new Map();

function purified(html: string, foldLabel: string, pictures: ReadonlyMap<string, string>): string {
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
    FORBID_ATTR: ["class", "id", "srcset", "background", "bgcolor", "color", "face", "size"],
  });
  // A document of the parser's own fetches nothing while it is mended.
  const root = new DOMParser().parseFromString(clean, "text/html").body;
  for (const link of root.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  for (const image of root.querySelectorAll("img")) placePicture(image, pictures);
  for (const styled of root.querySelectorAll<HTMLElement>("[style]")) keepLayout(styled);
  for (const summary of root.querySelectorAll("details > summary")) summary.textContent = foldLabel;
  return root.innerHTML;
}

/** Only our own pictures: what a sender hides in one from elsewhere (that and when it was read)
 * stays theirs. */
function placePicture(image: HTMLImageElement, pictures: ReadonlyMap<string, string>): void {
  const held = pictures.get(image.dataset.attachmentId ?? "");
  if (held) image.setAttribute("src", held);
  else if (!image.getAttribute("src")?.startsWith("data:image/"))
    image.replaceWith(image.alt ? `[${image.alt}]` : "");
}

function keepLayout(styled: HTMLElement): void {
  const kept = (styled.getAttribute("style") ?? "")
    .split(";")
    .filter((declaration) => KEPT_STYLES.test(declaration.trim()));
  if (kept.length) styled.setAttribute("style", kept.join(";"));
  else styled.removeAttribute("style");
}

export function HtmlFrame({ html, title, foldLabel, theme, pictures = NO_PICTURES }: Props) {
  const frame = useRef<HTMLIFrameElement>(null);
  const source = useMemo(() => {
    const body = purified(html, foldLabel, pictures);
    const href = new URL(sheet, location.href).href;
    return `<!doctype html><html data-theme="${theme}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="referrer" content="no-referrer"><link rel="stylesheet" href="${href}"></head><body>${body}</body></html>`;
  }, [html, foldLabel, theme, pictures]);
  useEffect(() => {
    const node = frame.current;
    if (!node) return;
    let observer: ResizeObserver | undefined;
    const fit = () => {
      const body = node.contentDocument?.body;
      if (body) node.style.height = `${Math.min(body.scrollHeight, MAX_HEIGHT)}px`;
    };
    const start = () => {
      observer?.disconnect();
      observer = new ResizeObserver(fit);
      if (node.contentDocument?.body) observer.observe(node.contentDocument.body);
      fit();
    };
    node.addEventListener("load", start);
    start();
    return () => {
      node.removeEventListener("load", start);
      observer?.disconnect();
    };
  }, []);
  return (
    <iframe ref={frame} className="html-frame" title={title} sandbox={SANDBOX} srcDoc={source} />
  );
}
