/** Fetches and changes knowledge articles. */
import type { KnowledgeArticle } from "@parley/shared/resources";
import { Marked } from "marked";
import { refresh } from "../data/actions";
import { http } from "../http";

const PATH = "/knowledge-base/articles";

export interface ArticleFields {
  title: string;
  category: string | null;
  tags: string[];
  content: string;
}

/** A new article when `id` is null; both give the article as the server has it. */
export async function saveArticle(
  id: string | null,
  fields: ArticleFields,
): Promise<KnowledgeArticle> {
  const saved = await (id === null
    ? http.post<KnowledgeArticle>(PATH, fields)
    : http.patch<KnowledgeArticle>(`${PATH}/${id}`, fields));
  await refresh("articles");
  return saved;
}

export async function publishArticle(id: string, published: boolean): Promise<void> {
  await http.patch(`${PATH}/${id}`, { published_at: published ? new Date().toISOString() : null });
  await refresh("articles");
}

export async function deleteArticle(id: string): Promise<void> {
  await http.delete(`${PATH}/${id}`);
  await refresh("articles", "list");
}

/** As the server reads it: HTML that somebody typed is text, not markup. */
const reader = new Marked({ gfm: true, renderer: { html: ({ text }) => escaped(text) } });

const escaped = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The preview: markdown as HTML, still to be purified by the frame that shows it. */
export function previewOf(markdown: string): string {
  return reader.parse(markdown, { async: false });
}
