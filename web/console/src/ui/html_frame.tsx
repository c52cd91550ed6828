/** The only file that lets HTML in. What others wrote (mail, articles) was sanitised by the server;
 * it is purified again and shown in a frame that runs no script, sends no form, has a policy of
 * its own, and fetches nothing from elsewhere. The frame shares our origin for one reason: so that
 * this page can measure its height. Nothing in it can use that without script. */
import DOMPurify from "dompurify";
import { useEffect, useMemo, useRef } from "react";
import sheet from "./html_frame.css?url&no-inline";

const POLICY =
  "default-src 'none'; img-src 'self' data:; style-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'";
const SANDBOX = "allow-same-origin allow-popups allow-popups-to-escape-sandbox";
const MAX_HEIGHT = 20_000;

interface Props {
  html: string;
  title: string;
  /** The words on the fold over the quoted part. */
  quoteLabel: string;
  theme: "light" | "dark" | "system";
}

function purified(html: string, quoteLabel: string): string {
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
    FORBID_ATTR: ["style", "class", "id", "srcset", "background"],
  });
  // A document of the parser's own fetches nothing while it is mended.
  const root = new DOMParser().parseFromString(clean, "text/html").body;
  for (const link of root.querySelectorAll("a")) {
    link.target = "_blank";
    link.rel = "noopener noreferrer nofollow";
  }
  for (const image of root.querySelectorAll("img")) {
    const isOurs = /^(data:image\/|\/api\/v1\/attachments\/)/.test(image.getAttribute("src") ?? "");
    // What a sender hides in a picture from elsewhere (that and when it was read) stays theirs.
    if (!isOurs) image.replaceWith(image.alt ? `[${image.alt}]` : "");
  }
  foldQuote(root, quoteLabel);
  return root.innerHTML;
}

/** Puts the last quotation of a mail behind a fold, when something was said before it. */
function foldQuote(root: HTMLElement, label: string): void {
  const quote = [...root.querySelectorAll("blockquote")].find(
    (one) => !one.parentElement?.closest("blockquote"),
  );
  const said = root.textContent?.trim().length ?? 0;
  if (!quote || (quote.textContent?.trim().length ?? 0) >= said) return;
  const page = root.ownerDocument;
  const fold = page.createElement("details");
  const summary = page.createElement("summary");
  summary.textContent = label;
  quote.replaceWith(fold);
  fold.append(summary, quote);
}

export function HtmlFrame({ html, title, quoteLabel, theme }: Props) {
  const frame = useRef<HTMLIFrameElement>(null);
  const source = useMemo(() => {
    const body = purified(html, quoteLabel);
    const href = new URL(sheet, location.href).href;
    return `<!doctype html><html data-theme="${theme}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><meta name="referrer" content="no-referrer"><link rel="stylesheet" href="${href}"></head><body>${body}</body></html>`;
  }, [html, quoteLabel, theme]);
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
