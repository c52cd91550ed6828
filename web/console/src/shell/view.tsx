/** The whole screen: sign-in, or the rail with the page that the address names. */
import { CSPProvider } from "@base-ui/react/csp-provider";
import { QueryClientProvider } from "@tanstack/react-query";
import { Compass, PlugZap } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect } from "react";
import { fetchPart } from "../build/actions";
import { CustomerPage, CustomersPage } from "../customers/view";
import { queries } from "../data/actions";
import { formatRoute, HOME, type Route } from "../route/model";
import { Link, useRoute } from "../route/view";
import { resumeSession } from "../session/actions";
import type { Session } from "../session/model";
import { sessionStore } from "../session/store";
import { SignIn } from "../session/view";
import { useStore } from "../store";
import { NothingChosen, TicketPage } from "../ticket/view";
import { NewTicketPage } from "../tickets/new_ticket";
import { TicketList } from "../tickets/view";
import { Unbroken } from "../ui/broken";
import { Notices } from "../ui/notices";
import { Page } from "../ui/page";
import { Button, Empty, Skeleton } from "../ui/parts";
import { useWords } from "../words/view";
import { followKeys, startDesk } from "./actions";
import { ConnectionNote } from "./connection";
import { Help } from "./help";
import { Rail } from "./rail";

// Fetched when they are first needed: most agents spend the day in tickets.
const ArticlesPage = lazy(async () => ({
  default: (await fetchPart(() => import("../articles/view"))).ArticlesPage,
}));
const ArticlePage = lazy(async () => ({
  default: (await fetchPart(() => import("../articles/view"))).ArticlePage,
}));
const ReportsPage = lazy(async () => ({
  default: (await fetchPart(() => import("../reports/view"))).ReportsPage,
}));
const ConsentPage = lazy(async () => ({
  default: (await fetchPart(() => import("../settings/inbox_consent"))).ConsentPage,
}));
const SettingsPage = lazy(async () => ({
  default: (await fetchPart(() => import("../settings/view"))).SettingsPage,
}));

export function App() {
  const session = useStore(sessionStore, (state) => state.session);
  return (
    <CSPProvider disableStyleElements>
      <QueryClientProvider client={queries}>
        <Screen session={session} />
        <Notices />
      </QueryClientProvider>
    </CSPProvider>
  );
}

function Screen({ session }: { session: Session }): ReactNode {
  const t = useWords();
  switch (session.phase) {
    case "unknown":
      return null;
    case "unreachable":
      return (
        <main className="alone">
          <Empty icon={<PlugZap />} title={t("unreachable")}>
            <Button onClick={() => void resumeSession()}>{t("try_again")}</Button>
          </Empty>
        </main>
      );
    case "signed_out":
      return (
        <main className="alone">
          <SignIn />
        </main>
      );
    case "signed_in":
    case "expired":
      return <Desk session={session} />;
    default:
      return session satisfies never;
  }
}

/** Stays as it is when the session ends, with what was typed; sign-in is then asked on top. */
function Desk({ session }: { session: Extract<Session, { phase: "signed_in" | "expired" }> }) {
  const t = useWords();
  const route = useRoute();
  const isExpired = session.phase === "expired";
  const { id, email } = session.agent;
  useEffect(() => (isExpired ? undefined : startDesk(id)), [id, isExpired]);
  useEffect(() => (isExpired ? undefined : followKeys()), [isExpired]);
  return (
    <>
      <div className="console" inert={isExpired}>
        <a className="skip" href="#main">
          {t("skip")}
        </a>
        <Rail />
        <main id="main" className="main" tabIndex={-1}>
          <ConnectionNote />
          <Unbroken place={formatRoute(route).split("?")[0] ?? ""}>
            <Suspense fallback={<Skeleton lines={6} />}>
              <CurrentPage route={route} />
            </Suspense>
          </Unbroken>
        </main>
        <Help />
      </div>
      {isExpired && (
        <div
          className="alone alone-over"
          role="dialog"
          aria-modal="true"
          aria-label={t("sign_in_again")}
        >
          <SignIn email={email} />
        </div>
      )}
    </>
  );
}

function CurrentPage({ route }: { route: Route }): ReactNode {
  const t = useWords();
  switch (route.page) {
    case "tickets":
      return (
        <div className="desk" data-ticket={route.ticketId ? "" : undefined}>
          <TicketList place={route.list} ticketId={route.ticketId} />
          <div className="desk-main">
            {route.ticketId ? (
              <TicketPage id={route.ticketId} place={route.list} />
            ) : (
              <NothingChosen />
            )}
          </div>
        </div>
      );
    case "new_ticket":
      return <NewTicketPage />;
    case "customers":
      return route.customerId ? (
        <CustomerPage id={route.customerId} />
      ) : (
        <CustomersPage q={route.q} />
      );
    case "articles":
      return route.articleId ? <ArticlePage id={route.articleId} /> : <ArticlesPage q={route.q} />;
    case "reports":
      return <ReportsPage days={route.days} group={route.group} />;
    case "settings":
      return <SettingsPage section={route.section} id={route.id} />;
    case "consent":
      return <ConsentPage {...route} />;
    case "nowhere":
      return (
        <Page title={t("nowhere")}>
          <Empty icon={<Compass />} title={t("nowhere_hint")}>
            <Link to={HOME} className="button button-plain">
              {t("tickets")}
            </Link>
          </Empty>
        </Page>
      );
    default:
      return route satisfies never;
  }
}
