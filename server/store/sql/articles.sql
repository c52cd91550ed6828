-- name: select_articles
-- Articles; published ones by articles_published, all by the primary key.
SELECT a.id, a.title, a.slug, a.content, c.name AS category, a.tags, a.author_id, a.published_at,
    a.last_modified_at, a.view_count, NULL::text AS excerpt
    /*sort*/
FROM articles a
LEFT JOIN article_categories c ON c.workspace_id = a.workspace_id AND c.id = a.category_id
WHERE a.workspace_id = $1

-- name: search_articles
-- The best fifty for $2, title before text, through a definer function (full-text search loses its
-- index under row-level security); by articles_search. $3: published only.
SELECT a.id, a.title, a.slug, a.content, c.name AS category, a.tags, a.author_id, a.published_at,
    a.last_modified_at, a.view_count,
    ts_headline('english', a.content, websearch_to_tsquery('english', $2),
        'StartSel=**, StopSel=**, MaxWords=32, MinWords=12') AS excerpt
FROM find_articles($2, $3) f
JOIN articles a ON a.workspace_id = $1 AND a.id = f.article_id
LEFT JOIN article_categories c ON c.workspace_id = a.workspace_id AND c.id = a.category_id
WHERE ($4::text IS NULL OR lower(c.name) = lower($4)) AND ($5::text IS NULL OR $5 = ANY (a.tags))
ORDER BY f.rank DESC, a.id LIMIT 50

-- name: lock_article
SELECT id FROM articles WHERE workspace_id = $1 AND id = $2 FOR UPDATE

-- name: add_article
INSERT INTO articles (workspace_id, id, title, slug, content, category_id, tags, author_id, published_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: change_article
UPDATE articles SET title = $3, content = $4, category_id = $5, tags = $6, published_at = $7,
    last_modified_at = now()
WHERE workspace_id = $1 AND id = $2

-- name: delete_article
DELETE FROM articles WHERE workspace_id = $1 AND id = $2 RETURNING id

-- name: count_views
-- Adds up what was read since the last time; locks each row for the moment of its own update.
UPDATE articles a SET view_count = view_count + n.views
FROM unnest($2::uuid[], $3::bigint[]) AS n (id, views)
WHERE a.workspace_id = $1 AND a.id = n.id AND a.published_at IS NOT NULL

-- name: is_slug_taken
SELECT EXISTS (SELECT FROM articles WHERE workspace_id = $1 AND slug = $2 AND id <> $3)

-- name: find_category
-- A category by name, made when it is missing; a parallel one with the same name wins.
WITH made AS (
    INSERT INTO article_categories (workspace_id, id, name) VALUES ($1, $2, $3)
    ON CONFLICT DO NOTHING RETURNING id)
SELECT id FROM made
UNION ALL
SELECT id FROM article_categories WHERE workspace_id = $1 AND lower(name) = lower($3) LIMIT 1

-- name: list_categories
-- Categories with how many published articles each has; few in every workspace.
SELECT c.id, c.name,
    (SELECT count(*) FROM articles a WHERE a.workspace_id = c.workspace_id
     AND a.category_id = c.id AND a.published_at IS NOT NULL) AS articles_count
FROM article_categories c WHERE c.workspace_id = $1 ORDER BY lower(c.name), c.id LIMIT 500

-- name: find_workspace
-- Before a workspace is known, through a definer function: that of a published article.
SELECT find_article_workspace($1)
