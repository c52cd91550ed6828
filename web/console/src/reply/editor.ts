/** The editor of a shared reply: plain text in paragraphs, everybody's carets, one's own undo. */
import type { DraftPage } from "@parley/shared/draft/page";
import { Collaboration } from "@tiptap/extension-collaboration";
import { CollaborationCaret } from "@tiptap/extension-collaboration-caret";
import { Document } from "@tiptap/extension-document";
import { HardBreak } from "@tiptap/extension-hard-break";
import { Paragraph } from "@tiptap/extension-paragraph";
import { Text } from "@tiptap/extension-text";
import { Placeholder } from "@tiptap/extensions";
import { Fragment, type Node, type Schema, Slice } from "@tiptap/pm/model";
import type { Extensions } from "@tiptap/react";
import { hueOf } from "../ui/parts";

interface Person {
  id: string;
  name: string;
}

export function extensionsFor(page: DraftPage, me: Person, placeholder: string): Extensions {
  return [
    Document,
    Paragraph,
    Text,
    HardBreak,
    Placeholder.configure({ placeholder }),
    Collaboration.configure({ fragment: page.fragment }),
    CollaborationCaret.configure({
      provider: { awareness: page.awareness },
      user: { id: me.id, name: me.name },
      render: caretOf,
      selectionRender: (user) => ({ class: `co-selection ${hueClass(user)}` }),
    }),
  ];
}

/** A colour stays with the person: it is the one of their avatar. */
function hueClass(user: Record<string, unknown>): string {
  return `hue-${hueOf(String(user.id ?? ""))}`;
}

/** The name is drawn by the style: it is no text of the reply. */
function caretOf(user: Record<string, unknown>): HTMLElement {
  const caret = document.createElement("span");
  caret.className = `co-caret ${hueClass(user)}`;
  caret.dataset.name = String(user.name ?? "");
  caret.ariaHidden = "true";
  return caret;
}

/** Pasted text keeps its lines, the empty ones too. */
export function toSlice(schema: Schema, text: string): Slice {
  const paragraphs = text.split(/\r\n?|\n/).map((line): Node => {
    const content = line ? [schema.text(line)] : [];
    return schema.node("paragraph", null, content);
  });
  return new Slice(Fragment.from(paragraphs), 1, 1);
}
