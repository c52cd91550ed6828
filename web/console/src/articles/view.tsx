/** The knowledge articles: all of them, searched, and the editor of one. */
import type { KnowledgeArticle } from "@parley/shared/resources";
import { useQuery } from "@tanstack/react-query";
import { ArrowLeft, BookOpen, Plus } from "lucide-react";
import { type FormEvent, useState } from "react";
import { useMe } from "../data/view";
import { http } from "../http";
import { useKept } from "../kept";
import { preferencesStore } from "../preferences/actions";
import { describe, fieldProblem, report } from "../problem";
import { navigate } from "../route/actions";
import { NEW_ID } from "../route/model";
import { Link } from "../route/view";
import { mayAnswer } from "../session/model";
import { useStore } from "../store";
import { TagsField } from "../tickets/new_ticket";
import { SearchField } from "../tickets/view";
import { Asked } from "../ui/asked";
import { Confirm } from "../ui/dialog";
import { HtmlFrame } from "../ui/html_frame";
import { notify } from "../ui/notices";
import { Growing, Page } from "../ui/page";
import { Alert, Button, Empty, TextArea, TextField } from "../ui/parts";
import { Age } from "../ui/time";
import { useWords } from "../words/view";
import {
  type ArticleFields,
  deleteArticle,
  previewOf,
  publishArticle,
  saveArticle,
} from "./actions";

export function ArticlesPage({ q }: { q: string }) {
  const t = useWords();
  const add = mayAnswer(useMe()) && (
    <Link to={{ page: "articles", articleId: NEW_ID, q: "" }} className="button button-primary">
      <Plus aria-hidden /> {t("new_article")}
    </Link>
  );
  return (
    <Page title={t("articles")} actions={add}>
      <SearchField
        text={q}
        onSearch={(text) => navigate({ page: "articles", articleId: null, q: text }, true)}
      />
      <Growing<KnowledgeArticle>
        path="/knowledge-base/articles"
        queryKey={["articles", "list"]}
        query={q ? { q } : {}}
      >
        {(articles) =>
          articles.length ? (
            <ul className="card-list">
              {articles.map((article) => (
                <ArticleRow key={article.id} article={article} />
              ))}
            </ul>
          ) : (
            <Empty icon={<BookOpen />} title={t(q ? "nothing_found" : "articles_none")} />
          )
        }
      </Growing>
    </Page>
  );
}

function ArticleRow({ article }: { article: KnowledgeArticle }) {
  const t = useWords();
  return (
    <li>
      <Link to={{ page: "articles", articleId: article.id, q: "" }} className="card-row">
        <span className="card-main">
          <b>{article.title}</b>
          <span>{[article.category, ...article.tags].filter(Boolean).join(" · ")}</span>
        </span>
        <span className="card-side">
          <PublishedMark article={article} />
          <span>{t("views_count", { count: article.view_count })}</span>
          <Age at={article.last_modified_at} />
        </span>
      </Link>
    </li>
  );
}

function PublishedMark({ article }: { article: KnowledgeArticle }) {
  const t = useWords();
  const isPublished = article.published_at !== null;
  return (
    <span className={`mark ${isPublished ? "mark-good" : ""}`}>
      {t(isPublished ? "published" : "article_draft")}
    </span>
  );
}

export function ArticlePage({ id }: { id: string }) {
  const t = useWords();
  const isNew = id === NEW_ID;
  const answer = useQuery({
    queryKey: ["articles", id],
    queryFn: () => http.get<KnowledgeArticle>(`/knowledge-base/articles/${id}`),
    enabled: !isNew,
  });
  if (!isNew && !answer.data)
    return (
      <Page title={t("articles")}>
        <Asked answer={answer} lines={8} />
      </Page>
    );
  return <Editor key={id} article={answer.data ?? null} />;
}

function fieldsOf(article: KnowledgeArticle | null): ArticleFields {
  return {
    title: article?.title ?? "",
    category: article?.category ?? null,
    tags: article?.tags ?? [],
    content: article?.content ?? "",
  };
}

function Editor({ article }: { article: KnowledgeArticle | null }) {
  const t = useWords();
  const isFixed = !mayAnswer(useMe());
  const [fields, change, forget] = useKept(
    `draft.article-${article?.id ?? NEW_ID}`,
    fieldsOf(article),
  );
  const [failure, setFailure] = useState<unknown>(null);
  const isChanged = JSON.stringify(fields) !== JSON.stringify(fieldsOf(article));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setFailure(null);
    saveArticle(article?.id ?? null, { ...fields, category: fields.category?.trim() || null })
      .then(({ id }) => {
        forget();
        notify(t("saved"));
        navigate({ page: "articles", articleId: id, q: "" }, true);
      })
      .catch(setFailure);
  };
  return (
    <Page
      title={fields.title || t("new_article")}
      actions={article && <Publishing article={article} />}
    >
      <Link to={{ page: "articles", articleId: null, q: "" }} className="quiet-link">
        <ArrowLeft aria-hidden /> {t("articles")}
      </Link>
      <form className="form editor" onSubmit={submit}>
        {failure !== null && <Alert>{describe(failure)}</Alert>}
        <TextField
          label={t("title")}
          required
          readOnly={isFixed}
          value={fields.title}
          problem={fieldProblem(failure, "title")}
          onText={(title) => change({ title })}
        />
        <div className="form-pair">
          <TextField
            label={t("category")}
            readOnly={isFixed}
            value={fields.category ?? ""}
            onText={(category) => change({ category: category || null })}
          />
          {!isFixed && <TagsField tags={fields.tags} onTags={(tags) => change({ tags })} />}
        </div>
        <div className="editor-panes">
          <TextArea
            label={t("markdown")}
            className="editor-source"
            readOnly={isFixed}
            value={fields.content}
            problem={fieldProblem(failure, "content")}
            onText={(content) => change({ content })}
          />
          <Preview markdown={fields.content} />
        </div>
        {!isFixed && (
          <div className="form-actions">
            {article && isChanged && <Button onClick={forget}>{t("discard_changes")}</Button>}
            <Button type="submit" look="primary" disabled={!isChanged}>
              {t("save")}
            </Button>
          </div>
        )}
      </form>
    </Page>
  );
}

function Preview({ markdown }: { markdown: string }) {
  const t = useWords();
  const theme = useStore(preferencesStore, (preferences) => preferences.theme);
  return (
    <div className="field">
      <span className="field-label">{t("preview")}</span>
      <div className="preview">
        <HtmlFrame html={previewOf(markdown)} title={t("preview")} theme={theme} />
      </div>
    </div>
  );
}

function Publishing({ article }: { article: KnowledgeArticle }) {
  const t = useWords();
  const [isAsking, setAsking] = useState(false);
  const isPublished = article.published_at !== null;
  if (!mayAnswer(useMe())) return null;
  return (
    <>
      <PublishedMark article={article} />
      <Button onClick={() => setAsking(true)} look="ghost">
        {t("delete")}
      </Button>
      <Button onClick={() => publishArticle(article.id, !isPublished).catch(report)}>
        {t(isPublished ? "unpublish" : "publish")}
      </Button>
      {isAsking && (
        <Confirm
          title={t("delete_article")}
          text={t("delete_article_sure", { title: article.title })}
          action={t("delete")}
          onClose={() => setAsking(false)}
          onConfirm={() =>
            deleteArticle(article.id)
              .then(() => navigate({ page: "articles", articleId: null, q: "" }, true))
              .catch(report)
          }
        />
      )}
    </>
  );
}
