/** The settings: one's own for everybody, the desk's for admins. */
import { type ReactNode, useEffect, useRef } from "react";
import { useMe } from "../data/view";
import { SECTIONS, type Section } from "../route/model";
import { Link } from "../route/view";
import { isAdmin } from "../session/model";
import { SlaSection } from "../sla/section";
import { Page } from "../ui/page";
import { Empty } from "../ui/parts";
import { useWords } from "../words/view";
import { AgentsSection } from "./agents";
import { InboxesSection } from "./inboxes";
import { MailSection } from "./mail";
import { MailedSection } from "./mailed";
import { ProfileSection, TagsSection, TokensSection, WorkspaceSection } from "./own";
import { TeamsSection } from "./teams";
import { WebhooksSection } from "./webhooks";

const OWN: readonly Section[] = ["profile", "tokens"];

export function SettingsPage({ section, id }: { section: Section; id: string | null }) {
  const t = useWords();
  const mayAll = isAdmin(useMe());
  const shown = SECTIONS.filter((one) => mayAll || OWN.includes(one));
  const nav = useRef<HTMLElement>(null);
  // On a phone the sections are a row that scrolls; the one that is open shall be in sight.
  useEffect(() => {
    const current = nav.current?.querySelector(`[data-section="${section}"]`);
    current?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [section]);
  return (
    <Page title={t("settings")}>
      <div className="settings">
        <nav ref={nav} className="settings-nav" aria-label={t("settings")}>
          {shown.map((one) => (
            <Link
              key={one}
              data-section={one}
              to={{ page: "settings", section: one, id: null }}
              aria-current={one === section ? "page" : undefined}
            >
              {t(`section_${one}`)}
            </Link>
          ))}
        </nav>
        <div className="settings-body">
          {shown.includes(section) ? bodyOf(section, id) : <Empty title={t("only_admins")} />}
        </div>
      </div>
    </Page>
  );
}

function bodyOf(section: Section, id: string | null): ReactNode {
  switch (section) {
    case "profile":
      return (
        <>
          <ProfileSection />
          <MailedSection />
        </>
      );
    case "tokens":
      return <TokensSection />;
    case "agents":
      return <AgentsSection />;
    case "teams":
      return <TeamsSection />;
    case "inboxes":
      return <InboxesSection id={id} />;
    case "mail":
      return <MailSection />;
    case "sla":
      return <SlaSection id={id} />;
    case "webhooks":
      return <WebhooksSection id={id} />;
    case "tags":
      return <TagsSection />;
    case "workspace":
      return <WorkspaceSection />;
    default:
      return section satisfies never;
  }
}
